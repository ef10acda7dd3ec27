#include <span>
#include <utility>

#include "octavo/error.hpp"

#include "runtime/formats/onnx_rewrite.hpp"
#include "runtime/ops/operator.hpp"

/// Operators that become another one, or several.
namespace octavo::formats::rewrite {
namespace {

/// Whether Dropout drops anything: input 2 asks for it, and the ratio, input 1, is not 0.
bool trains(const Translation& t) {
  const Tensor* const training = t.constant_input(2);
  if (training == nullptr || training->type != DataType::boolean ||
      element_count(training->shape) != 1) {
    return true;
  }
  if (!training->as<bool>()[0]) return false;
  const Tensor* const ratio = t.constant_input(1);
  return ratio == nullptr || ratio->type != DataType::float32 || element_count(ratio->shape) != 1 ||
         ratio->as<float>()[0] != 0.0F;
}

}  // namespace

void dropout(Translation& t) {
  t.drop("ratio");
  t.drop("seed");
  if (t.opset < 7 && t.take_integer("is_test", 0) == 0) t.refuse("training mode is not supported");
  t.require_inputs(1, t.opset < 12 ? 1 : 3);
  if (t.node.inputs.size() == 3 && t.node.inputs[2] != kNoValue && trains(t)) {
    t.refuse("training mode is not supported");
  }
  t.node.inputs.resize(1);
  t.drop_unread_outputs();
  if (t.outputs.size() == 1) return;
  // The mask of what is kept: all of it.
  const ValueId shape = t.add_node(Op::Shape, "shape", {t.node.inputs[0]});
  t.add_output_node(Op::ConstantOfShape, t.outputs[1], {shape},
                    {{"value", std::int64_t{1}}, {"dtype", onnx_number_of(DataType::boolean)}});
  t.outputs.resize(1);
}

/// A square is a product, which has a kernel.
void power(Translation& t) {
  arithmetic(t);
  const Tensor* const exponent = t.constant_input(1);
  if (exponent == nullptr || exponent->type != DataType::float32 || !exponent->shape.empty() ||
      exponent->as<float>()[0] != 2.0F) {
    return;
  }
  t.node.op = Op::Mul;
  t.node.inputs[1] = t.node.inputs[0];
}

/// (x - mean) / (standard deviation + 1e-9), over batch and positions unless axes are given.
void mean_variance_normalization(Translation& t) {
  t.require_inputs(1, 1);
  const auto given = t.take<std::vector<std::int64_t>>("axes");
  const ValueId axes = t.add_integers("axes", given.value_or(std::vector<std::int64_t>{0, 2, 3}));
  const ValueId mean = t.add_node(Op::ReduceMean, "mean", {t.node.inputs[0], axes});
  const ValueId centred = t.add_node(Op::Sub, "centred", {t.node.inputs[0], mean});
  const ValueId squares = t.add_node(Op::Mul, "squares", {centred, centred});
  const ValueId variance = t.add_node(Op::ReduceMean, "variance", {squares, axes});
  const ValueId deviation = t.add_node(Op::Sqrt, "deviation", {variance});
  const ValueId divisor =
      t.add_node(Op::Add, "divisor", {deviation, t.add_scalar("epsilon", 1e-9F)});
  t.node.inputs = {centred, divisor};
}

/// Any number of inputs become a chain of nodes Add.
void sum(Translation& t) {
  t.require_inputs(1, SIZE_MAX);
  const std::vector<ValueId> inputs = t.node.inputs;
  if (inputs.size() == 1) t.node.op = Op::Identity;
  if (inputs.size() <= 2) return;
  ValueId so_far = inputs[0];
  for (std::size_t i = 1; i + 1 < inputs.size(); ++i) {
    so_far = t.add_node(Op::Add, std::to_string(i), {so_far, inputs[i]});
  }
  t.node.inputs = {so_far, inputs.back()};
}

void mean(Translation& t) {
  const auto count = static_cast<float>(t.node.inputs.size());
  sum(t);
  if (t.node.op == Op::Identity) return;
  const ValueId total = t.add_node(Op::Add, "sum", std::move(t.node.inputs));
  t.node.op = Op::Div;
  t.node.inputs = {total, t.add_scalar("count", count)};
}

}  // namespace octavo::formats::rewrite
