#pragma once

#include <memory>
#include <span>

#include "runtime/ops/conv_shape.hpp"
#include "runtime/ops/operator.hpp"

/// The ways to run a convolution. All of one precision give the same bits, but for float Winograd.
namespace octavo::ops {

std::unique_ptr<Step> make_float_conv(const NodeView& node, const PlanContext& context);
/// A float convolution that suits_winograd.
std::unique_ptr<Step> make_float_winograd_conv(const NodeView& node, const PlanContext& context);
std::unique_ptr<Step> make_depthwise_conv(const NodeView& node, const PlanContext& context);

/// More than two spatial dimensions, as plain loops.
std::unique_ptr<Step> make_volume_conv(const NodeView& node, const PlanContext& context);

/// Any int8 convolution, as a product whose rows are gathered from the input.
std::unique_ptr<Step> make_direct_int8_conv(const NodeView& node, const PlanContext& context);

/// An int8 convolution that suits_winograd; null where no size of tiles is exact for its weights.
std::unique_ptr<Step> make_winograd_conv(const NodeView& node, const PlanContext& context);

}  // namespace octavo::ops
