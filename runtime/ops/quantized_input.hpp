#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "runtime/ops/conv_shape.hpp"
#include "runtime/ops/dynamic_quantizer.hpp"
#include "runtime/ops/level_input.hpp"
#include "runtime/ops/operator.hpp"

namespace octavo::ops {

/// The input of an int8 convolution: its range, and its quantized copy with the padding written out
/// as zero points. Where the graph gives levels already, they are copied or read where they are.
class QuantizedInput {
 public:
  /// `shape` says how much padding is written; it may be more than the node asks for.
  QuantizedInput(const NodeView& node, const PlanContext& context, const ConvShape& shape);

  struct Result {
    std::span<const kernels::Quantization> quantization;  ///< one, or one per image
    const std::uint8_t* elements;  ///< [images][padded height][padded width][channels]
  };
  /// Both live as long as the step runs. Throws Error{non_finite} and Error{estimator_failed}.
  Result quantize(const StepMemory& memory, Workers& workers);

  [[nodiscard]] std::size_t scratch_bytes() const;
  [[nodiscard]] bool takes_extrema() const {
    return quantizer_.has_value() && quantizer_->ranges() == 1;
  }

 private:
  Result take_levels(const StepMemory& memory, Workers& workers) const;
  /// Bytes of scratch memory before the quantized copy.
  [[nodiscard]] std::size_t copy_offset() const;

  const kernels::KernelTable& kernels_;
  ConvShape shape_;
  std::optional<DynamicQuantizer> quantizer_;  ///< of floats
  std::optional<LevelInput> levels_;           ///< what is read instead
};

}  // namespace octavo::ops
