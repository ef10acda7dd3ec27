#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/ops/conv_shape.hpp"
#include "runtime/ops/dynamic_quantizer.hpp"
#include "runtime/ops/operator.hpp"

namespace octavo::ops {

/// The input of an int8 convolution: its range, and its quantized copy with the padding written out
/// as zero points.
class QuantizedInput {
 public:
  /// `shape` says how much padding is written; it may be more than the node asks for.
  QuantizedInput(const NodeView& node, const PlanContext& context, const ConvShape& shape);

  struct Result {
    std::span<const kernels::Quantization> quantization;  ///< one, or one per image
    const std::uint8_t* elements;  ///< [images][padded height][padded width][channels]
  };
  /// Both in the step's scratch memory. Throws Error{non_finite} and Error{estimator_failed}.
  Result quantize(const StepMemory& memory, Workers& workers);

  [[nodiscard]] std::size_t scratch_bytes() const;
  [[nodiscard]] bool takes_extrema() const { return quantizer_.ranges() == 1; }

 private:
  const kernels::KernelTable& kernels_;
  ConvShape shape_;
  DynamicQuantizer quantizer_;
};

}  // namespace octavo::ops
