#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "calib/range_finder.hpp"
#include "kernels/kernels.hpp"
#include "runtime/ops/operator.hpp"

namespace octavo {

/// How the ranges of an activation are chosen.
struct RangeRule {
  LayerRange range;
  std::optional<float> clip_guard;
  Scheme scheme = Scheme::asymmetric;
  RangeScope scope = RangeScope::batch;
  std::uint64_t macs = 0;  ///< what a product does with the activation (calib::RangeFinder)
  bool as_onnx = false;    ///< the scale, zero point and levels of ONNX's DynamicQuantizeLinear

  /// That of a layer's input.
  RangeRule(const NodeView& node, const PlanContext& context);
  /// That of ONNX's DynamicQuantizeLinear, whatever the session's options are.
  static RangeRule onnx();

 private:
  RangeRule() = default;
};

/// The quantization that ONNX's DynamicQuantizeLinear gives elements between these (finite) ones.
kernels::Quantization onnx_quantization(Range extremes) noexcept;

/// Chooses the quantization of one activation while the graph runs, for the whole tensor or for
/// each of its groups (samples or rows): the layer's static range if it has one and the clip guard
/// lets it, or else extrema, then the estimator's range.
class DynamicQuantizer {
 public:
  /// An activation, of which one run may hold fewer groups than the quantizer was made for.
  struct Input {
    const float* x;
    std::size_t groups;
    const InputExtrema* extrema;  ///< of all groups; null: not known
    InputRange& record;           ///< what was chosen before, and what is chosen now
  };

  /// For input 0 of a node: `groups` groups of `group_size` contiguous elements. Errors name both.
  DynamicQuantizer(const NodeView& node, const PlanContext& context, std::size_t groups,
                   std::size_t group_size)
      : DynamicQuantizer(*context.kernels, RangeRule(node, context), describe_input(node), groups,
                         group_size) {}
  /// For any activation; errors call it `where`.
  DynamicQuantizer(const kernels::KernelTable& kernels, const RangeRule& rule, std::string where,
                   std::size_t groups, std::size_t group_size);

  /// Ranges that one run chooses at most: 1, or `groups` with RangeScope::row.
  [[nodiscard]] std::size_t ranges() const { return ranges_; }
  [[nodiscard]] std::size_t scratch_bytes() const;

  /// Fills in a quantization, or one for each group, in `scratch` and returns them. Throws
  /// Error{non_finite} and Error{estimator_failed}.
  std::span<const kernels::Quantization> choose(const Input& input, std::byte* scratch,
                                                Workers& workers) const;
  /// The same for all of a step's input 0.
  std::span<const kernels::Quantization> choose(const StepMemory& memory, Workers& workers) const;

  /// Whether both give the same activation the same quantization, one for all of it.
  [[nodiscard]] bool quantizes_like(const DynamicQuantizer& other) const;

  /// "tensor 'x' of node 'y' (Op)", of input 0.
  static std::string describe_input(const NodeView& node);

 private:
  kernels::Extrema extrema(const float* x, std::size_t size, Workers& workers) const;
  /// Whether no extrema are needed.
  [[nodiscard]] bool is_static() const { return fixed_ && !clip_guard_; }
  /// Whether the clip guard lets x take the static range.
  [[nodiscard]] bool fits(std::span<const float> x, const kernels::Extrema& extrema) const;
  Range range_of(std::span<const float> x, const InputExtrema& extrema_of_x, InputRange& record,
                 std::span<std::byte> workspace, Workers& workers) const;
  void require_finite(const kernels::Extrema& extrema) const;

  const kernels::KernelTable& kernels_;
  std::optional<Range> fixed_;
  std::optional<float> clip_guard_;
  std::size_t groups_, group_size_;
  std::size_t ranges_;
  calib::RangeFinder finder_;
  Scheme scheme_;
  std::string where_;    ///< the tensor and the node, for errors
  bool keeps_previous_;  ///< with RangeScope::row a range depends on its row alone
  bool as_onnx_;
};

}  // namespace octavo
