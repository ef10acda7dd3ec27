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
    OpsetRule{"Acos", Op::Acos, 7},
    OpsetRule{"Acosh", Op::Acosh, 9},
    OpsetRule{"Add", Op::Add, 1, kLast, rewrite::arithmetic},
    OpsetRule{"And", Op::And, 1, kLast, rewrite::arithmetic},
    OpsetRule{"ArgMax", Op::ArgMax},
    OpsetRule{"ArgMin", Op::ArgMin},
    OpsetRule{"Asin", Op::Asin, 7},
    OpsetRule{"Asinh", Op::Asinh, 9},
    OpsetRule{"Atan", Op::Atan, 7},
    OpsetRule{"Atanh", Op::Atanh, 9},
    OpsetRule{"AveragePool", Op::AveragePool},
    OpsetRule{"BatchNormalization", Op::BatchNormalization, 1, kLast, rewrite::batch_normalization},
    OpsetRule{"Cast", Op::Cast, 1, kLast, rewrite::cast},
    OpsetRule{"Ceil", Op::Ceil},
    OpsetRule{"Celu", Op::Celu, 12},
    OpsetRule{"Clip", Op::Clip, 1, kLast, rewrite::clip},
    OpsetRule{"Concat", Op::Concat},
    OpsetRule{"ConstantOfShape", Op::ConstantOfShape, 9, kLast, rewrite::constant_of_shape},
    OpsetRule{"Conv", Op::Conv, 1, kLast, rewrite::conv},
    OpsetRule{"ConvInteger", Op::ConvInteger, 10},
    OpsetRule{"ConvTranspose", Op::ConvTranspose},
    OpsetRule{"Cos", Op::Cos, 7},
    OpsetRule{"Cosh", Op::Cosh, 9},
    OpsetRule{"CumSum", Op::CumSum, 11},
    OpsetRule{"DepthToSpace", Op::DepthToSpace},
    OpsetRule{"DequantizeLinear", Op::DequantizeLinear, 10},
    OpsetRule{"Div", Op::Div, 1, kLast, rewrite::arithmetic},
    OpsetRule{"Dropout", Op::Identity, 1, kLast, rewrite::dropout},
    OpsetRule{"DynamicQuantizeLinear", Op::DynamicQuantizeLinear, 11},
    OpsetRule{"Einsum", Op::Einsum, 12},
    OpsetRule{"Elu", Op::Elu},
    OpsetRule{"Equal", Op::Equal, 1, kLast, rewrite::arithmetic},
    OpsetRule{"Erf", Op::Erf, 9},
    OpsetRule{"Exp", Op::Exp},
    OpsetRule{"Expand", Op::Expand, 8},
    OpsetRule{"EyeLike", Op::EyeLike, 9},
    OpsetRule{"Flatten", Op::Flatten},
    OpsetRule{"Floor", Op::Floor},
    OpsetRule{"GRU", Op::GRU, 7},
    OpsetRule{"Gather", Op::Gather},
    OpsetRule{"GatherElements", Op::GatherElements, 11},
    OpsetRule{"GatherND", Op::GatherND, 11},
    OpsetRule{"Gelu", Op::Gelu, 20},
    OpsetRule{"Gemm", Op::Gemm, 1, kLast, rewrite::gemm},
    OpsetRule{"GlobalAveragePool", Op::GlobalAveragePool},
    OpsetRule{"GlobalLpPool", Op::GlobalLpPool},
    OpsetRule{"GlobalMaxPool", Op::GlobalMaxPool},
    OpsetRule{"Greater", Op::Greater, 1, kLast, rewrite::arithmetic},
    OpsetRule{"GreaterOrEqual", Op::GreaterOrEqual, 12},
    OpsetRule{"GroupNormalization", Op::GroupNormalization, 18},
    OpsetRule{"HardSigmoid", Op::HardSigmoid},
    OpsetRule{"HardSwish", Op::HardSwish, 14},
    OpsetRule{"Hardmax", Op::Hardmax, 1, kLast, rewrite::softmax},
    OpsetRule{"Identity", Op::Identity},
    OpsetRule{"InstanceNormalization", Op::InstanceNormalization},
    OpsetRule{"IsInf", Op::IsInf, 10},
    OpsetRule{"IsNaN", Op::IsNaN, 9},
    OpsetRule{"LRN", Op::LRN},
    OpsetRule{"LSTM", Op::LSTM, 7},
    OpsetRule{"LayerNormalization", Op::LayerNormalization, 17, kLast,
              rewrite::layer_normalization},
    OpsetRule{"LeakyRelu", Op::LeakyRelu},
    OpsetRule{"Less", Op::Less, 1, kLast, rewrite::arithmetic},
    OpsetRule{"LessOrEqual", Op::LessOrEqual, 12},
    OpsetRule{"Log", Op::Log},
    OpsetRule{"LogSoftmax", Op::LogSoftmax, 1, kLast, rewrite::softmax},
    OpsetRule{"LpPool", Op::LpPool},
    OpsetRule{"MatMul", Op::MatMul},
    OpsetRule{"MatMulInteger", Op::MatMulInteger, 10},
    OpsetRule{"Max", Op::Max},
    OpsetRule{"MaxPool", Op::MaxPool, 1, kLast, rewrite::max_pool},
    OpsetRule{"Mean", Op::Add, 1, kLast, rewrite::mean},
    OpsetRule{"MeanVarianceNormalization", Op::Div, 9, kLast, rewrite::mean_variance_normalization},
    OpsetRule{"Min", Op::Min},
    OpsetRule{"Mish", Op::Mish, 18},
    OpsetRule{"Mod", Op::Mod, 10},
    OpsetRule{"Mul", Op::Mul, 1, kLast, rewrite::arithmetic},
    OpsetRule{"Neg", Op::Neg},
    OpsetRule{"Not", Op::Not},
    OpsetRule{"OneHot", Op::OneHot, 9},
    OpsetRule{"Or", Op::Or, 1, kLast, rewrite::arithmetic},
    OpsetRule{"PRelu", Op::PRelu, 1, kLast, rewrite::prelu},
    OpsetRule{"Pad", Op::Pad, 1, kLast, rewrite::pad},
    OpsetRule{"Pow", Op::Pow, 1, kLast, rewrite::power},
    OpsetRule{"QLinearConv", Op::QLinearConv, 10},
    OpsetRule{"QLinearMatMul", Op::QLinearMatMul, 10},
    OpsetRule{"QuantizeLinear", Op::QuantizeLinear, 10},
    OpsetRule{"RNN", Op::RNN, 7},
    OpsetRule{"Range", Op::Range, 11},
    OpsetRule{"Reciprocal", Op::Reciprocal},
    OpsetRule{"ReduceL1", Op::ReduceL1, 1, kLast, rewrite::reduce},
    OpsetRule{"ReduceL2", Op::ReduceL2, 1, kLast, rewrite::reduce},
    OpsetRule{"ReduceLogSum", Op::ReduceLogSum, 1, kLast, rewrite::reduce},
    OpsetRule{"ReduceLogSumExp", Op::ReduceLogSumExp, 1, kLast, rewrite::reduce},
    OpsetRule{"ReduceMax", Op::ReduceMax, 1, kLast, rewrite::reduce},
    OpsetRule{"ReduceMean", Op::ReduceMean, 1, kLast, rewrite::reduce},
    OpsetRule{"ReduceMin", Op::ReduceMin, 1, kLast, rewrite::reduce},
    OpsetRule{"ReduceProd", Op::ReduceProd, 1, kLast, rewrite::reduce},
    OpsetRule{"ReduceSum", Op::ReduceSum, 1, kLast, rewrite::reduce_sum},
    OpsetRule{"ReduceSumSquare", Op::ReduceSumSquare, 1, kLast, rewrite::reduce},
    OpsetRule{"Relu", Op::Relu},
    OpsetRule{"Reshape", Op::Reshape},
    OpsetRule{"Resize", Op::Resize, 10, kLast, rewrite::resize},
    OpsetRule{"Round", Op::Round, 11},
    OpsetRule{"Scatter", Op::ScatterElements, 9, 10},
    OpsetRule{"ScatterElements", Op::ScatterElements, 11},
    OpsetRule{"ScatterND", Op::ScatterND, 11},
    OpsetRule{"Selu", Op::Selu},
    OpsetRule{"Shape", Op::Shape},
    OpsetRule{"Shrink", Op::Shrink, 9},
    OpsetRule{"Sigmoid", Op::Sigmoid},
    OpsetRule{"Sign", Op::Sign, 9},
    OpsetRule{"Sin", Op::Sin, 7},
    OpsetRule{"Sinh", Op::Sinh, 9},
    OpsetRule{"Size", Op::Size},
    OpsetRule{"Slice", Op::Slice, 1, kLast, rewrite::slice},
    OpsetRule{"Softmax", Op::Softmax, 1, kLast, rewrite::softmax},
    OpsetRule{"Softplus", Op::Softplus},
    OpsetRule{"Softsign", Op::Softsign},
    OpsetRule{"SpaceToDepth", Op::SpaceToDepth},
    OpsetRule{"Split", Op::Split, 1, kLast, rewrite::split},
    OpsetRule{"Sqrt", Op::Sqrt},
    OpsetRule{"Squeeze", Op::Squeeze, 1, kLast, rewrite::squeeze},
    OpsetRule{"Sub", Op::Sub, 1, kLast, rewrite::arithmetic},
    OpsetRule{"Sum", Op::Add, 1, kLast, rewrite::sum},
    OpsetRule{"Swish", Op::Swish, 24},
    OpsetRule{"Tan", Op::Tan, 7},
    OpsetRule{"Tanh", Op::Tanh},
    OpsetRule{"ThresholdedRelu", Op::ThresholdedRelu, 10},
    OpsetRule{"Tile", Op::Tile},
    OpsetRule{"TopK", Op::TopK, 1, kLast, rewrite::top_k},
    OpsetRule{"Transpose", Op::Transpose},
    OpsetRule{"Trilu", Op::Trilu, 14},
    OpsetRule{"Unsqueeze", Op::Unsqueeze, 1, kLast, rewrite::squeeze},
    OpsetRule{"Upsample", Op::Resize, 7, 9, rewrite::upsample},
    OpsetRule{"Where", Op::Where, 9},
    OpsetRule{"Xor", Op::Xor, 1, kLast, rewrite::arithmetic},
};
static_assert(std::ranges::is_sorted(kRules, {}, &OpsetRule::op_type));

/// Attributes of the canonical form that no opset has.
constexpr std::array<std::string_view, 2> kOwnAttributes = {"activation", "flattened"};

/// Operators whose results have shapes that depend on data; a session plans all shapes beforehand.
constexpr std::array<std::string_view, 5> kDataDependent = {"Compress", "NonMaxSuppression",
                                                            "NonZero", "StringSplit", "Unique"};

}  // namespace

std::span<const OpsetRule> opset_rules() {
  return kRules;
}

const OpsetRule& find_opset_rule(const OnnxNode& node, std::int64_t opset) {
  const auto found = std::ranges::lower_bound(kRules, node.op_type, {}, &OpsetRule::op_type);
  if (found == kRules.end() || found->op_type != node.op_type || opset < found->first_opset ||
      opset > found->last_opset) {
    if (std::ranges::find(kDataDependent, node.op_type) != kDataDependent.end()) {
      refuse("operator " + node.op_type +
             " is not supported: the shape of its result depends on data");
    }
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
  if (!t.source.graphs.empty()) {
    refuse("attribute '" + t.source.graphs.begin()->first +
           "' holds a subgraph, which is not supported");
  }
  if (t.outputs.empty()) throw Error(ErrorCode::malformed_file, "has no outputs");
  if (rule.rewrite != nullptr) rule.rewrite(t);
  while (!t.node.inputs.empty() && t.node.inputs.back() == kNoValue) t.node.inputs.pop_back();
}

}  // namespace octavo::formats
