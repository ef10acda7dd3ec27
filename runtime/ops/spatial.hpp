#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/ops/operator.hpp"

namespace octavo::ops {

/// The sliding window of a convolution or pool: one entry per spatial dimension, all validated.
/// kernel, strides and dilations are positive; pads are not negative.
struct SpatialWindow {
  std::vector<std::int64_t> kernel, strides, dilations, pads_begin, pads_end;

  [[nodiscard]] std::size_t rank() const { return kernel.size(); }

  /// The extent that the dilated kernel covers.
  [[nodiscard]] std::int64_t extent(std::size_t dimension) const {
    return (kernel[dimension] - 1) * dilations[dimension] + 1;
  }

  /// The number of window positions in each dimension. `ceil_mode` adds one that reaches past the
  /// padded input, unless it would start behind the input (ONNX MaxPool-12, AveragePool-19).
  [[nodiscard]] std::vector<std::int64_t> output(std::span<const std::int64_t> input,
                                                 bool ceil_mode = false) const;
};

/// Reads the attributes auto_pad, pads, strides and dilations of a node whose input has the spatial
/// extents `input` (in the order of the file). Throws Error naming the node when they do not fit
/// `kernel` or the input; afterwards every extent(i) <= input[i] + pads_begin[i] + pads_end[i].
SpatialWindow spatial_window(const NodeView& node, std::span<const std::int64_t> input,
                             std::span<const std::int64_t> kernel);

}  // namespace octavo::ops
