#include "runtime/ops/window_taps.hpp"

#include <algorithm>

#include "runtime/concat.hpp"

namespace octavo::ops {
namespace {

/// Keeps a hostile model from asking for more memory than its tensors have.
void check_count(const NodeView& node, std::int64_t kernel, std::int64_t positions,
                 std::int64_t output) {
  constexpr std::int64_t kMostTaps = std::int64_t{1} << 28U;
  constexpr std::int64_t kMostPositions = std::int64_t{1} << 22U;
  if (output > kMostPositions || (positions != 0 && kernel > kMostTaps / positions)) {
    node.fail(ErrorCode::limit_exceeded,
              concat({"a window of ", kernel, " at ", std::max(positions, output),
                      " positions is too large"}));
  }
}

}  // namespace

AxisTaps window_taps(const NodeView& node, const SpatialWindow& window, std::size_t axis,
                     std::int64_t input, std::int64_t output) {
  check_count(node, window.kernel[axis], output, output);
  AxisTaps taps(static_cast<std::size_t>(output));
  for (std::int64_t o = 0; o < output; ++o) {
    for (std::int64_t k = 0; k < window.kernel[axis]; ++k) {
      const std::int64_t i =
          o * window.strides[axis] - window.pads_begin[axis] + k * window.dilations[axis];
      if (i < 0 || i >= input) continue;
      taps[static_cast<std::size_t>(o)].push_back(
          {static_cast<std::size_t>(k), static_cast<std::size_t>(i)});
    }
  }
  return taps;
}

AxisTaps transposed_taps(const NodeView& node, const SpatialWindow& window, std::size_t axis,
                         std::int64_t input, std::int64_t output) {
  check_count(node, window.kernel[axis], input, output);
  AxisTaps taps(static_cast<std::size_t>(output));
  for (std::int64_t i = 0; i < input; ++i) {
    for (std::int64_t k = 0; k < window.kernel[axis]; ++k) {
      const std::int64_t o =
          i * window.strides[axis] - window.pads_begin[axis] + k * window.dilations[axis];
      if (o < 0 || o >= output) continue;
      taps[static_cast<std::size_t>(o)].push_back(
          {static_cast<std::size_t>(k), static_cast<std::size_t>(i)});
    }
  }
  return taps;
}

WindowWalk::WindowWalk(std::vector<AxisTaps> axes, std::vector<std::int64_t> input,
                       std::vector<std::int64_t> kernel)
    : axes_(std::move(axes)),
      input_(input.begin(), input.end()),
      kernel_(kernel.begin(), kernel.end()) {
  for (const AxisTaps& taps : axes_) positions_ *= taps.size();
  for (const std::size_t extent : input_) input_positions_ *= extent;
}

}  // namespace octavo::ops
