#pragma once

#include <vector>

#include "runtime/ops/operator.hpp"

namespace octavo::ops {

/// The common shape of two operands under numpy's rules. Throws Error naming the node and `a` and
/// `b` when they have none.
Shape broadcast(const NodeView& node, const Shape& a, const Shape& b);

/// The strides with which an operand of shape `from` is read along each dimension of `to`, which it
/// broadcasts to: row-major, 0 where it repeats.
std::vector<std::int64_t> broadcast_strides(const Shape& from, const Shape& to);

}  // namespace octavo::ops
