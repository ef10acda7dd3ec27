#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "calib/range_finder.hpp"
#include "kernels/kernels.hpp"
#include "runtime/ops/operator.hpp"

namespace octavo {

/// Chooses the quantization of one activation while the graph runs, for the whole tensor or for
/// each of its groups (samples or rows): the layer's static range if it has one and the clip guard
/// lets it, or else extrema, then the estimator's range.
class DynamicQuantizer {
 public:
  /// For input 0 of a node: `groups` groups of `group_size` contiguous elements. Errors name both.
  DynamicQuantizer(const NodeView& node, const PlanContext& context, std::size_t groups,
                   std::size_t group_size)
      : DynamicQuantizer(node, context, context.ranges->of(node.node().name), groups, group_size) {}

  /// Ranges that one run chooses: 1, or `groups` with RangeScope::row.
  [[nodiscard]] std::size_t ranges() const { return ranges_; }
  [[nodiscard]] std::size_t scratch_bytes() const;

  /// Fills `ranges()` quantizations in the step's scratch memory and returns them; `input_range`
  /// is told the ranges. Throws Error{non_finite} and Error{estimator_failed}.
  std::span<const kernels::Quantization> choose(const StepMemory& memory, Workers& workers) const;

 private:
  DynamicQuantizer(const NodeView& node, const PlanContext& context, const LayerRange& range,
                   std::size_t groups, std::size_t group_size);

  kernels::Extrema extrema(const float* x, std::size_t size, Workers& workers) const;
  /// Whether no extrema are needed.
  [[nodiscard]] bool is_static() const { return fixed_ && !clip_guard_; }
  /// Whether the clip guard lets x take the static range.
  [[nodiscard]] bool fits(std::span<const float> x, const kernels::Extrema& extrema) const;
  Range range_of(std::span<const float> x, const kernels::Extrema* known, InputRange& record,
                 std::span<std::byte> workspace, Workers& workers) const;
  void require_finite(const kernels::Extrema& extrema) const;

  const kernels::KernelTable& kernels_;
  std::optional<Range> fixed_;
  std::optional<float> clip_guard_;
  calib::RangeFinder finder_;
  Scheme scheme_;
  std::string where_;  ///< the tensor and the node, for errors
  std::size_t ranges_;
  std::size_t range_size_;
  bool keeps_previous_;  ///< with RangeScope::row a range depends on its row alone
};

}  // namespace octavo
