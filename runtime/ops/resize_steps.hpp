#pragma once

#include "runtime/ops/operator.hpp"
#include "runtime/ops/resize_axis.hpp"

namespace octavo::ops {

/// Resize in any mode, one axis after the other. `in` is the input's shape in the order of the
/// file; `physical` tells where each of its dimensions is in memory.
std::unique_ptr<Step> make_separable_resize(const NodeView& node, const Shape& in,
                                            const std::vector<std::size_t>& physical);

}  // namespace octavo::ops
