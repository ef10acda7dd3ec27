#pragma once

#include <vector>

#include "runtime/ops/spatial.hpp"

/// Windows that slide over any number of spatial dimensions, for operators that run as plain loops.
namespace octavo::ops {

/// A position under a window: kernel element `kernel` lies on input position `input`.
struct WindowTap {
  std::size_t kernel = 0;
  std::size_t input = 0;
};

/// The taps of one axis that lie inside the input, by output position.
using AxisTaps = std::vector<std::vector<WindowTap>>;

/// Both throw Error naming the node where positions times kernel elements are more than 2^28, or
/// output positions more than 2^22.

/// A window that reads input position o * stride - pad + k * dilation for output position o.
AxisTaps window_taps(const NodeView& node, const SpatialWindow& window, std::size_t axis,
                     std::int64_t input, std::int64_t output);

/// The transposed window: input position i gives to output position i * stride - pad + k *
/// dilation.
AxisTaps transposed_taps(const NodeView& node, const SpatialWindow& window, std::size_t axis,
                         std::int64_t input, std::int64_t output);

/// Visits what lies under the window at one output position of a channels-last tensor.
class WindowWalk {
 public:
  /// `input` are the spatial extents, `kernel` those of the window.
  WindowWalk(std::vector<AxisTaps> axes, std::vector<std::int64_t> input,
             std::vector<std::int64_t> kernel);

  /// Output positions of one image.
  [[nodiscard]] std::size_t positions() const { return positions_; }
  [[nodiscard]] std::size_t input_positions() const { return input_positions_; }

  /// Calls body(kernel element, input position), both row-major, for every tap at `position`.
  template <class Body>
  void for_each(std::size_t position, const Body& body) const {
    visit(0, position, positions_, 0, 0, body);
  }

 private:
  template <class Body>
  void visit(std::size_t axis, std::size_t position, std::size_t block, std::size_t kernel,
             std::size_t input, const Body& body) const {
    if (axis == axes_.size()) {
      body(kernel, input);
      return;
    }
    const std::size_t inner = block / axes_[axis].size();
    for (const WindowTap& tap : axes_[axis][position / inner]) {
      visit(axis + 1, position % inner, inner, kernel * kernel_[axis] + tap.kernel,
            input * input_[axis] + tap.input, body);
    }
  }

  std::vector<AxisTaps> axes_;
  std::vector<std::size_t> input_, kernel_;
  std::size_t positions_ = 1, input_positions_ = 1;
};

}  // namespace octavo::ops
