#pragma once

#include <vector>

#include "runtime/ops/operator.hpp"
#include "runtime/ops/strided.hpp"

/// Operators that combine the elements along some dimensions.
namespace octavo::ops {

/// A tensor as [outer, n, inner] around one axis.
struct AxisExtents {
  std::size_t outer = 1, n = 1, inner = 1;

  AxisExtents(const Shape& shape, std::size_t axis) {
    n = static_cast<std::size_t>(shape[axis]);
    for (std::size_t i = 0; i < axis; ++i) outer *= static_cast<std::size_t>(shape[i]);
    for (std::size_t i = axis + 1; i < shape.size(); ++i) {
      inner *= static_cast<std::size_t>(shape[i]);
    }
  }
};

/// Flags per dimension for a list of axes, each given once.
std::vector<bool> axis_flags(const NodeView& node, const std::vector<std::int64_t>& axes,
                             std::size_t rank);

/// The shape with the flagged dimensions made 1, or left out.
Shape reduced_shape(const Shape& shape, const std::vector<bool>& reduced, bool keep_dimensions);

/// The loops over the dimensions with that flag, which read a row-major tensor of `shape`.
StridedLoops<1> loops_over(const NodeView& node, const Shape& shape, const std::vector<bool>& flags,
                           bool flag);

}  // namespace octavo::ops
