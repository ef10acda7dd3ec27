#pragma once

#include "runtime/ops/operator.hpp"
#include "runtime/ops/spatial.hpp"

namespace octavo::ops {

/// MaxPool, AveragePool, LpPool and GlobalLpPool as plain loops: any number of spatial dimensions,
/// 8-bit integers and the positions of maxima (output 1, in the order of the file). The node is
/// seen channels last.
std::unique_ptr<Step> make_loop_pool(const NodeView& node, const SpatialWindow& window);

}  // namespace octavo::ops
