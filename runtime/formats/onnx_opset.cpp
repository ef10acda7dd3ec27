#include "runtime/formats/onnx_opset.hpp"

#include <algorithm>
#include <array>

#include "octavo/error.hpp"

#include "runtime/formats/onnx_rewrite.hpp"

namespace octavo::formats {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::unsupported, what);
}

constexpr std::int64_t kLast = kNewestOpset;
constexpr std::array kRules = {
    OpsetRule{"Abs", Op::Abs},
    OpsetRule{"Add", Op::Add, 1, kLast, rewrite::arithmetic},
    OpsetRule{"AveragePool", Op::AveragePool},
    OpsetRule{"BatchNormalization", Op::BatchNormalization, 1, kLast, rewrite::batch_normalization},
    OpsetRule{"Cast", Op::Cast, 1, kLast, rewrite::cast},
    OpsetRule{"Clip", Op::Clip, 1, kLast, rewrite::clip},
    OpsetRule{"Concat", Op::Concat},
    OpsetRule{"ConstantOfShape", Op::ConstantOfShape, 9, kLast, rewrite::constant_of_shape},
    OpsetRule{"Conv", Op::Conv, 1, kLast, rewrite::conv},
    OpsetRule{"Div", Op::Div, 1, kLast, rewrite::arithmetic},
    OpsetRule{"Dropout", Op::Identity, 1, kLast, rewrite::dropout},
    OpsetRule{"Exp", Op::Exp},
    OpsetRule{"Expand", Op::Expand, 8},
    OpsetRule{"Flatten", Op::Flatten},
    OpsetRule{"Gather", Op::Gather},
    OpsetRule{"Gemm", Op::Gemm, 1, kLast, rewrite::gemm},
    OpsetRule{"GlobalAveragePool", Op::GlobalAveragePool},
    OpsetRule{"GlobalMaxPool", Op::GlobalMaxPool},
    OpsetRule{"HardSigmoid", Op::HardSigmoid},
    OpsetRule{"HardSwish", Op::HardSwish, 14},
    OpsetRule{"Identity", Op::Identity},
    OpsetRule{"LayerNormalization", Op::LayerNormalization, 17, kLast,
              rewrite::layer_normalization},
    OpsetRule{"LeakyRelu", Op::LeakyRelu},
    OpsetRule{"MatMul", Op::MatMul},
    OpsetRule{"Max", Op::Max},
    OpsetRule{"MaxPool", Op::MaxPool, 1, kLast, rewrite::max_pool},
    OpsetRule{"Mean", Op::Add, 1, kLast, rewrite::mean},
    OpsetRule{"Min", Op::Min},
    OpsetRule{"Mul", Op::Mul, 1, kLast, rewrite::arithmetic},
    OpsetRule{"Neg", Op::Neg},
    OpsetRule{"Pad", Op::Pad, 1, kLast, rewrite::pad},
    OpsetRule{"Relu", Op::Relu},
    OpsetRule{"Reshape", Op::Reshape},
    OpsetRule{"Resize", Op::Resize, 10, kLast, rewrite::resize},
    OpsetRule{"Shape", Op::Shape},
    OpsetRule{"Sigmoid", Op::Sigmoid},
    OpsetRule{"Slice", Op::Slice, 1, kLast, rewrite::slice},
    OpsetRule{"Softmax", Op::Softmax, 1, kLast, rewrite::softmax},
    OpsetRule{"Split", Op::Split, 1, kLast, rewrite::split},
    OpsetRule{"Sqrt", Op::Sqrt},
    OpsetRule{"Squeeze", Op::Squeeze, 1, kLast, rewrite::squeeze},
    OpsetRule{"Sub", Op::Sub, 1, kLast, rewrite::arithmetic},
    OpsetRule{"Sum", Op::Add, 1, kLast, rewrite::sum},
    OpsetRule{"Tanh", Op::Tanh},
    OpsetRule{"Transpose", Op::Transpose},
    OpsetRule{"Unsqueeze", Op::Unsqueeze, 1, kLast, rewrite::squeeze},
    OpsetRule{"Upsample", Op::Resize, 7, 9, rewrite::upsample},
};
static_assert(std::ranges::is_sorted(kRules, {}, &OpsetRule::op_type));

/// Attributes of the canonical form that no opset has.
constexpr std::array<std::string_view, 2> kOwnAttributes = {"activation", "flattened"};

}  // namespace

const OpsetRule& find_opset_rule(const OnnxNode& node, std::int64_t opset) {
  const auto found = std::ranges::lower_bound(kRules, node.op_type, {}, &OpsetRule::op_type);
  if (found == kRules.end() || found->op_type != node.op_type || opset < found->first_opset ||
      opset > found->last_opset) {
    refuse("operator " + node.op_type + " of opset " + std::to_string(opset) + " is not supported");
  }
  return *found;
}

void apply_opset_rule(const OpsetRule& rule, Translation& t) {
  t.node.op = rule.op;
  t.node.name = t.source.name;
  t.node.attributes = t.source.attributes;
  t.outputs = t.source.outputs;
  for (const std::string_view own : kOwnAttributes) {
    if (t.node.attributes.contains(own)) {
      refuse("attribute '" + std::string(own) + "' is not supported");
    }
  }
  for (const auto& [name, tensor] : t.source.tensors) {
    if (rule.op != Op::ConstantOfShape || name != "value") {
      refuse("attribute '" + name + "' holds a tensor, which is not supported");
    }
  }
  if (t.outputs.empty()) throw Error(ErrorCode::malformed_file, "has no outputs");
  if (rule.rewrite != nullptr) rule.rewrite(t);
  while (!t.node.inputs.empty() && t.node.inputs.back() == kNoValue) t.node.inputs.pop_back();
}

}  // namespace octavo::formats
