#include "runtime/formats/onnx_microsoft.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "runtime/ops/operator.hpp"

namespace octavo::formats {
namespace {

ValueId input(const Translation& t, std::size_t index) {
  return index < t.node.inputs.size() ? t.node.inputs[index] : kNoValue;
}

/// Makes the node float(MatMulInteger(a, b, zero points)) * (a_scale * b_scale) + bias; the bias
/// may be left out.
void multiply_levels(Translation& t, std::array<ValueId, 4> levels, ValueId a_scale,
                     ValueId b_scale, ValueId bias) {
  const ValueId sums = t.add_node(Op::MatMulInteger, "sums", {levels.begin(), levels.end()});
  const ValueId floats = t.add_node(Op::Cast, "floats", {sums});
  t.graph.nodes.back().attributes.emplace("to", onnx_number_of(DataType::float32));
  const ValueId scales = t.add_node(Op::Mul, "scales", {a_scale, b_scale});
  if (bias == kNoValue) {
    t.node.op = Op::Mul;
    t.node.inputs = {floats, scales};
    return;
  }
  t.node.inputs = {t.add_node(Op::Mul, "product", {floats, scales}), bias};
}

/// A, B, a_scale, b_scale, a_zero_point?, b_zero_point?, bias?
void matmul_integer_to_float(Translation& t) {
  t.require_inputs(4, 7);
  multiply_levels(t, {input(t, 0), input(t, 1), input(t, 4), input(t, 5)}, input(t, 2), input(t, 3),
                  input(t, 6));
}

/// A (float), B, b_scale, b_zero_point?, bias?
void dynamic_quantize_matmul(Translation& t) {
  t.require_inputs(3, 5);
  const ValueId a = t.add_node(Op::DynamicQuantizeLinear, "levels", {input(t, 0)});
  std::array<ValueId, 2> further{};  // scale and zero point
  for (std::size_t i = 0; i < further.size(); ++i) {
    Value value;
    value.name = t.node.name + (i == 0 ? "/scale" : "/zero_point");
    further[i] = t.graph.add(std::move(value));
    t.graph.nodes.back().outputs.push_back(further[i]);
  }
  multiply_levels(t, {a, input(t, 1), further[1], input(t, 3)}, further[0], input(t, 2),
                  input(t, 4));
}

constexpr std::array kRules = {
    OpsetRule{"DynamicQuantizeLSTM", Op::DynamicQuantizeLSTM},
    OpsetRule{"DynamicQuantizeMatMul", Op::Add, 1, kNewestOpset, dynamic_quantize_matmul},
    OpsetRule{"MatMulIntegerToFloat", Op::Add, 1, kNewestOpset, matmul_integer_to_float},
};

}  // namespace

const OpsetRule* find_microsoft_rule(std::string_view op_type) {
  const auto found = std::ranges::find(kRules, op_type, &OpsetRule::op_type);
  return found == kRules.end() ? nullptr : &*found;
}

}  // namespace octavo::formats
