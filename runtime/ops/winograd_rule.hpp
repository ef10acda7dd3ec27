#pragma once

#include <cstdint>
#include <span>

#include "runtime/ops/operator.hpp"

namespace octavo::ops {

/// Whether a node is a convolution that Winograd's algorithm computes, and large enough for it to
/// be the fastest way. `out_spatial` are the extents of its output. It depends on the kernel, the
/// strides and the extents of one image alone: weights are quantized by this rule, and must not
/// depend on the batch.
bool suits_winograd(const NodeView& node, std::span<const std::int64_t> out_spatial);

/// The same for a node in channels-last order.
bool suits_winograd(const NodeView& node);

}  // namespace octavo::ops
