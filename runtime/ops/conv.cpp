#include <algorithm>

#include "runtime/concat.hpp"
#include "runtime/ops/conv_steps.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/level_input.hpp"
#include "runtime/ops/product.hpp"
#include "runtime/ops/requantize.hpp"
#include "runtime/ops/row_product.hpp"
#include "runtime/ops/spatial.hpp"
#include "runtime/ops/winograd_rule.hpp"

namespace octavo::ops {
namespace {

void infer_conv(InferContext& node) {
  check_product_constants(node);
  const Shape& x = node.shape(0);
  const Shape& weight = node.shape(1);
  if (x.size() < 3) {
    node.fail(ErrorCode::invalid_graph, concat({"input '", node.input(0).name, "' has shape ", x,
                                                ", which has no spatial dimensions"}));
  }
  node.require_rank(1, x.size());
  if (x.size() > 4) node.require_type(1, DataType::float32);
  const std::int64_t group = node.integer("group", 1);
  if (group < 1 || x[1] % group != 0 || weight[0] % group != 0 || x[1] / group != weight[1]) {
    node.fail(ErrorCode::invalid_graph, concat({"input ", x, ", weight ", weight, " and group ",
                                                group, " do not fit together"}));
  }
  const std::span<const std::int64_t> kernel(weight.begin() + 2, weight.end());
  const std::vector<std::int64_t> declared =
      node.integers("kernel_shape", {kernel.begin(), kernel.end()});
  if (!std::ranges::equal(declared, kernel)) {
    node.fail(ErrorCode::invalid_graph,
              concat({"kernel_shape ", declared, " differs from that of weight ", weight}));
  }
  const std::span<const std::int64_t> spatial(x.begin() + 2, x.end());
  Shape shape{x[0], weight[0]};
  std::ranges::copy(spatial_window(node, spatial, kernel).output(spatial),
                    std::back_inserter(shape));
  check_addend(node, shape);
  check_level_input(node);
  node.set_output(0, DataType::float32, std::move(shape));
}

std::unique_ptr<Step> prepare_conv(const NodeView& node, const PlanContext& context) {
  if (node.shape(0).size() > 4) return make_volume_conv(node, context);
  const ConvShape shape(node);
  if (shape.depthwise()) return make_depthwise_conv(node, context);
  if (shape.pointwise()) {
    return make_row_product(node, context,
                            {shape.rows(), shape.group_channels(), shape.group_columns(),
                             static_cast<std::size_t>(shape.images)});
  }
  const bool winograd = context.winograd && suits_winograd(node);
  if (context.precision != Precision::int8 && !takes_levels(node)) {
    return winograd && context.float_winograd ? make_float_winograd_conv(node, context)
                                              : make_float_conv(node, context);
  }
  if (winograd) {
    if (auto step = make_winograd_conv(node, context)) return step;
  }
  return make_direct_int8_conv(node, context);
}

}  // namespace

const Operator& Conv_operator() {
  static const Operator op{
      .min_inputs = 2,
      .max_inputs = 7,
      .max_outputs = 1,
      .attributes = {"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides",
                     "activation", "activation_alpha", "activation_beta"},
      .layout = LayoutRule::channels_last,
      .infer = infer_conv,
      .prepare = prepare_conv,
      .types = kFloat | kLevels,
      .packed = kPackedInputs};
  return op;
}

}  // namespace octavo::ops
