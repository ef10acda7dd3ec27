#include "runtime/concat.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/level_input.hpp"
#include "runtime/ops/product.hpp"
#include "runtime/ops/requantize.hpp"
#include "runtime/ops/row_product.hpp"

/// x [..., depth], weight [columns, depth], bias [columns] -> [..., columns].
namespace octavo::ops {
namespace {

void infer_linear(InferContext& node) {
  node.require_rank(1, 2);
  const Shape& x = node.shape(0);
  const Shape& weight = node.shape(1);
  if (x.empty() || x.back() != weight[1]) {
    node.fail(ErrorCode::invalid_graph, concat({"input '", node.input(0).name, "' of shape ", x,
                                                " does not end in the depth of weight ", weight}));
  }
  check_product_constants(node);
  Shape shape = x;
  shape.back() = weight[0];
  check_addend(node, shape);
  check_level_input(node);
  node.set_output(0, DataType::float32, std::move(shape));
}

std::unique_ptr<Step> prepare_linear(const NodeView& node, const PlanContext& context) {
  const auto columns = static_cast<std::size_t>(node.shape(1)[0]);
  const auto depth = static_cast<std::size_t>(node.shape(1)[1]);
  const std::size_t rows = element_count(node.shape(0)) / depth;
  return make_row_product(node, context, {rows, depth, columns, rows});
}

}  // namespace

const Operator& Linear_operator() {
  static const Operator op{.min_inputs = 2,
                           .max_inputs = 7,
                           .max_outputs = 1,
                           .attributes = {"activation", "activation_alpha", "activation_beta"},
                           .layout = LayoutRule::row_major,
                           .infer = infer_linear,
                           .prepare = prepare_linear,
                           .types = kFloat | kLevels,
                           .packed = kPackedInputs};
  return op;
}

}  // namespace octavo::ops
