#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/ops/level_input.hpp"
#include "runtime/ops/product_weights.hpp"
#include "runtime/ops/requantize.hpp"
#include "runtime/passes/column_constant.hpp"
#include "runtime/passes/level_weights.hpp"
#include "runtime/passes/passes.hpp"

namespace octavo::passes {
namespace {

/// The left side of a quantized product: levels, their scale (kNoValue: 1) and their zero point.
struct Levels {
  ValueId levels = kNoValue;
  ValueId scale = kNoValue;
  ValueId zero = kNoValue;
};

/// A scale as one value for the left side (kNoValue: 1) times one constant per column.
struct ProductScale {
  ValueId left = kNoValue;
  std::vector<float> columns;
};

/// Finds products that files compute with integers, or with floats made from them, and turns them
/// into Linear and Conv on levels, in place of the last node of each. The others are dead unless
/// something else reads them.
class QuantizedPatterns {
 public:
  explicit QuantizedPatterns(Graph& graph) : graph_(graph) {}

  void run() {
    for (Node& node : std::exchange(graph_.nodes, {})) {
      rewrite(node);
      add(std::move(node));
    }
  }

 private:
  static constexpr std::size_t kNone = SIZE_MAX;

  void rewrite(Node& node) {
    switch (node.op) {
      case Op::Cast:
        match_depthwise(node);
        break;
      case Op::Mul:
        match_scaled_sums(node);
        break;
      case Op::QLinearConv:
      case Op::QLinearMatMul:
        match_qlinear(node);
        break;
      case Op::Conv:
      case Op::Gemm:
      case Op::MatMul:
        match_dequantized(node);
        break;
      default:
        break;
    }
  }

  void add(Node node) {
    producer_.resize(graph_.values.size(), kNone);
    for (const ValueId id : node.outputs) {
      if (id != kNoValue) producer_[id] = graph_.nodes.size();
    }
    graph_.nodes.push_back(std::move(node));
  }

  [[nodiscard]] const Node* made_by(ValueId id, Op op) const {
    if (id == kNoValue || id >= producer_.size() || producer_[id] == kNone) return nullptr;
    const Node& node = graph_.nodes[producer_[id]];
    return node.op == op ? &node : nullptr;
  }

  static ValueId input(const Node& node, std::size_t index) {
    return index < node.inputs.size() ? node.inputs[index] : kNoValue;
  }

  [[nodiscard]] const Value& value(ValueId id) const { return graph_.values[id]; }
  [[nodiscard]] const Tensor* constant(ValueId id) const {
    return id != kNoValue ? value(id).constant.get() : nullptr;
  }
  /// A value of one element that may have several; kNoValue stands for a default.
  [[nodiscard]] bool is_single(ValueId id) const {
    return id == kNoValue || element_count(value(id).shape) == 1;
  }

  ValueId add_floats(const std::string& name, Shape shape, const std::vector<float>& elements) {
    return graph_.add_constant(
        name, Tensor::of<float>(std::move(shape), std::span<const float>(elements)));
  }

  ValueId add_columns(const std::string& name, const std::vector<float>& elements) {
    return add_floats(name, {static_cast<std::int64_t>(elements.size())}, elements);
  }
  ValueId add_value(const std::string& name, const Shape& shape) {
    Value value;
    value.name = name;
    value.shape = shape;
    return graph_.add(std::move(value));
  }

  /// Makes `node` the product of levels and weights; false where Linear and Conv do not take them.
  bool make_product(Node& node, const Levels& x, Tensor weight, ValueId bias,
                    const std::vector<float>& scales) {
    Node product;
    product.op = weight.shape.size() == 2 ? Op::Linear : Op::Conv;
    product.name = node.name;
    product.outputs = node.outputs;
    if (product.op == Op::Conv) product.attributes = node.attributes;
    const ValueId weight_id = graph_.add_constant(node.name + ".weight", std::move(weight));
    product.inputs = {x.levels, weight_id, bias, kNoValue, kNoValue, x.scale, x.zero};
    const ProductWeights layout(NodeView(graph_, product));
    const std::size_t depth = layout.shape().segments * layout.shape().depth;
    if (layout.depthwise() || depth > ops::kMaxInt8Depth) return false;
    product.inputs[3] = add_columns(node.name + ".weight_scale", scales);
    if (x.scale == kNoValue) {
      product.inputs[ops::kLevelScale] = add_floats(node.name + ".scale", {}, {1.0F});
    }
    node = std::move(product);
    return true;
  }

  /// The weights among the inputs of a product of integers; nullopt where they are computed, or for
  /// volumes and vectors.
  [[nodiscard]] std::optional<LevelWeights> weights_of(const Node& product, std::size_t index,
                                                       std::size_t zero_index) const {
    const bool conv = product.op == Op::ConvInteger || product.op == Op::QLinearConv;
    LevelWeights weights{constant(product.inputs[index]), constant(input(product, zero_index)),
                         !conv};
    const bool known = weights.levels != nullptr &&
                       (weights.zeros != nullptr || input(product, zero_index) == kNoValue);
    const Shape& x = value(product.inputs[0]).shape;
    if (!known || x.size() < 2 || element_count(x) == 0) return std::nullopt;
    const std::size_t rank = weights.levels->shape.size();
    const bool fits = conv ? rank == 3 || rank == 4 : rank == 2;
    if (!fits || element_count(weights.levels->shape) == 0) return std::nullopt;
    return weights;
  }

  [[nodiscard]] const Node* integer_product(ValueId sums) const {
    const Node* product = made_by(sums, Op::MatMulInteger);
    return product != nullptr ? product : made_by(sums, Op::ConvInteger);
  }

  /// (float)(sums of integers) * scales, as ONNX Runtime's quantize_dynamic writes it: the epilogue
  /// of a product has the same roundings.
  void match_scaled_sums(Node& node) {
    for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
      const Node* cast = made_by(node.inputs[side], Op::Cast);
      const Node* product = cast != nullptr ? integer_product(cast->inputs[0]) : nullptr;
      if (product == nullptr || value(node.inputs[side]).type != DataType::float32) continue;
      const auto weights = weights_of(*product, 1, 3);
      const Shape& shape = value(product->outputs[0]).shape;
      if (!weights || value(node.outputs[0]).shape != shape || !is_single(input(*product, 2))) {
        continue;
      }
      const std::size_t axis = product->op == Op::ConvInteger ? 1 : shape.size() - 1;
      const auto scale =
          product_scale(node.inputs[1 - side], weights->columns(), shape.size(), axis);
      auto weight = scale ? weights->as_int8() : std::nullopt;
      if (!weight) continue;
      Node made = *product;
      made.name = node.name;
      made.outputs = node.outputs;
      const Levels x{product->inputs[0], scale->left, input(*product, 2)};
      if (make_product(made, x, std::move(*weight), kNoValue, scale->columns)) {
        node = std::move(made);
        return;
      }
    }
  }

  std::optional<ProductScale> product_scale(ValueId id, std::size_t columns, std::size_t rank,
                                            std::size_t axis) const {
    ProductScale result;
    if (value(id).type != DataType::float32) return std::nullopt;
    if (const Tensor* known = constant(id)) {
      if (!read_columns(*known, columns, rank, axis, result.columns)) return std::nullopt;
      return result;
    }
    const Node* scales = made_by(id, Op::Mul);
    for (std::size_t side = 0; scales != nullptr && side < 2; ++side) {
      const Tensor* known = constant(scales->inputs[1 - side]);
      result.left = scales->inputs[side];
      if (known != nullptr && is_single(result.left) &&
          read_columns(*known, columns, rank, axis, result.columns)) {
        return result;
      }
    }
    if (!is_single(id)) return std::nullopt;
    return ProductScale{id, std::vector<float>(columns, 1.0F)};
  }

  /// (float)(sums of a depthwise convolution).
  void match_depthwise(Node& node) {
    const Node* product = made_by(node.inputs[0], Op::ConvInteger);
    if (product == nullptr || value(node.outputs[0]).type != DataType::float32) return;
    const auto weights = weights_of(*product, 1, 3);
    if (!weights) return;
    Node conv = *product;
    conv.outputs = node.outputs;
    if (make_depthwise(conv, *weights, input(conv, 2), {})) node = std::move(conv);
  }

  /// Makes `node`, a depthwise convolution of integers, one of floats, which have float kernels:
  /// where all sums are exact as floats, they give the same. False for all others.
  bool make_depthwise(Node& node, const LevelWeights& weights, ValueId zero,
                      const std::vector<float>& bias) {
    Node conv;
    conv.op = Op::Conv;
    conv.name = node.name;
    conv.outputs = node.outputs;
    conv.attributes = node.attributes;
    auto floats = weights.as_floats();
    if (!floats || largest_sum(*floats) + largest(bias) >= kMaxExactFloat) return false;
    conv.inputs = {node.inputs[0], graph_.add_constant(node.name + ".weight", std::move(*floats))};
    if (!ProductWeights(NodeView(graph_, conv)).depthwise()) return false;

    Node dequantize;
    dequantize.op = Op::DequantizeLinear;
    dequantize.name = node.name + ".input";
    dequantize.inputs = {node.inputs[0], add_floats(node.name + ".scale", {}, {1.0F}), zero};
    conv.inputs[0] = add_value(dequantize.name, value(node.inputs[0]).shape);
    dequantize.outputs = {conv.inputs[0]};
    add(std::move(dequantize));
    if (!bias.empty()) conv.inputs.push_back(add_columns(node.name + ".bias", bias));
    node = std::move(conv);
    return true;
  }

  /// The largest magnitude, for integers.
  static std::size_t largest(const std::vector<float>& integers) {
    float result = 0.0F;
    for (const float x : integers) result = std::max(result, std::abs(x));
    return static_cast<std::size_t>(result);
  }

  /// saturate(round((sums + bias) * factors) + zero point). Where there is a bias, the product
  /// gives exact sums as floats, and the factors follow as a node of their own.
  void match_qlinear(Node& node) {
    enum Input { kX, kXScale, kXZero, kWeight, kWeightScale, kWeightZero, kScale, kZero, kBias };
    const auto weights = weights_of(node, kWeight, kWeightZero);
    const Tensor* x_scale = constant(node.inputs[kXScale]);
    const Tensor* weight_scale = constant(node.inputs[kWeightScale]);
    const Tensor* scale = constant(node.inputs[kScale]);
    const Tensor* bias = constant(input(node, kBias));
    const bool known = weights && x_scale != nullptr && weight_scale != nullptr &&
                       scale != nullptr && (bias != nullptr || input(node, kBias) == kNoValue);
    if (!known || !is_single(node.inputs[kXZero])) return;

    std::vector<float> factors;
    for (std::size_t n = 0; n < weights->columns(); ++n) {
      const auto scales = weight_scale->as<float>();
      const float product = x_scale->as<float>()[0] * scales[scales.size() == 1 ? 0 : n];
      factors.push_back(product / scale->as<float>()[0]);
    }
    std::vector<float> offsets;
    if (bias != nullptr) {
      for (const std::int32_t offset : bias->as<std::int32_t>()) {
        offsets.push_back(static_cast<float>(offset));
      }
    }
    const Shape shape = value(node.outputs[0]).shape;
    Node sums = node;
    sums.name = node.name + ".sums";
    sums.outputs = {add_value(sums.name, shape)};
    const Levels x{node.inputs[kX], kNoValue, node.inputs[kXZero]};
    const std::vector<float> ones(factors.size(), 1.0F);
    bool scaled = offsets.empty();
    auto weight = weights->as_int8();
    const bool exact =
        weight && (scaled || largest_sum(*weight) + largest(offsets) < kMaxExactFloat);
    const ValueId offset = scaled ? kNoValue : add_columns(node.name + ".bias", offsets);
    if (!exact || !make_product(sums, x, std::move(*weight), offset, scaled ? factors : ones)) {
      scaled = false;
      if (!make_depthwise(sums, *weights, x.zero, offsets)) return;
    }
    ValueId result = sums.outputs[0];
    add(std::move(sums));
    if (!scaled) result = add_scaling(node, result, factors);
    node.op = Op::QuantizeLinear;
    node.attributes.clear();
    node.inputs = {result, add_floats(node.name + ".scale", {}, {1.0F}), node.inputs[kZero]};
  }

  /// Adds a product with one constant per column of the result of a convolution or matrix product.
  ValueId add_scaling(const Node& of, ValueId sums, const std::vector<float>& factors) {
    Node scaling;
    scaling.op = Op::Mul;
    scaling.name = of.name + ".scaled";
    const Shape& shape = value(sums).shape;
    Shape columns(shape.size(), 1);
    columns[of.op == Op::QLinearConv ? 1 : shape.size() - 1] =
        static_cast<std::int64_t>(factors.size());
    const ValueId result = add_value(scaling.name, shape);
    scaling.inputs = {sums, add_floats(of.name + ".factors", std::move(columns), factors)};
    scaling.outputs = {result};
    add(std::move(scaling));
    return result;
  }

  /// A product of floats that were levels: the sums are exact here, and rounded once, where the
  /// file's float arithmetic rounds each of the K products and sums; relative to the sum of their
  /// magnitudes, the two differ by at most (K + 3) 2^-24.
  void match_dequantized(Node& node) {
    const Node* left = made_by(node.inputs[0], Op::DequantizeLinear);
    if (left == nullptr || node.inputs.size() > 3 || !is_one_scale(*left)) return;
    const NodeView view(graph_, node);
    const bool scaled_sums = view.real("alpha", 1.0F) != 1.0F || view.real("beta", 1.0F) != 1.0F;
    const Shape& shape = value(node.inputs[0]).shape;
    if (scaled_sums || view.integer("transA", 0) != 0 || shape.size() < 2) return;
    const auto right = dequantized_weights(node);
    auto weight = right ? right->weights.as_int8() : std::nullopt;
    if (!weight) return;

    ValueId bias = input(node, 2);
    if (node.op == Op::Gemm && bias != kNoValue) {
      const Tensor* c = constant(bias);
      std::vector<float> columns;
      if (c == nullptr || !read_columns(*c, right->scales.size(), 2, 1, columns)) return;
      bias = add_columns(node.name + ".bias", columns);
    }
    const Levels x{left->inputs[0], left->inputs[1], input(*left, 2)};
    make_product(node, x, std::move(*weight), bias, right->scales);
  }

  /// Whether a node takes 8-bit levels that all have one scale.
  [[nodiscard]] bool is_one_scale(const Node& dequantize) const {
    return contains(ops::kLevels, value(dequantize.inputs[0]).type) &&
           value(dequantize.inputs[1]).shape.size() <= 1 && is_single(dequantize.inputs[1]);
  }

  struct DequantizedWeights {
    LevelWeights weights;
    std::vector<float> scales;  ///< per column
  };

  /// The weights of Conv, Gemm or MatMul, perhaps transposed after they were dequantized.
  [[nodiscard]] std::optional<DequantizedWeights> dequantized_weights(const Node& product) const {
    ValueId id = product.inputs[1];
    const bool conv = product.op == Op::Conv;
    bool columns_last = !conv && NodeView(graph_, product).integer("transB", 0) == 0;
    const Node* transpose = made_by(id, Op::Transpose);
    if (transpose != nullptr && !conv && value(id).shape.size() == 2) {
      const Shape swapped{1, 0};
      if (NodeView(graph_, *transpose).integers("perm", swapped) == swapped) {
        id = transpose->inputs[0];
        columns_last = !columns_last;
      }
    }
    const Node* node = made_by(id, Op::DequantizeLinear);
    const Tensor* levels = node != nullptr ? constant(node->inputs[0]) : nullptr;
    const Tensor* scale = node != nullptr ? constant(node->inputs[1]) : nullptr;
    if (levels == nullptr || scale == nullptr || !contains(ops::kLevels, levels->type)) {
      return std::nullopt;
    }
    const std::size_t rank = levels->shape.size();
    const Tensor* zeros = constant(input(*node, 2));
    const bool fits = conv ? rank == 3 || rank == 4 : rank == 2;
    if (!fits || element_count(levels->shape) == 0 ||
        (zeros == nullptr && input(*node, 2) != kNoValue)) {
      return std::nullopt;
    }
    DequantizedWeights result{{levels, zeros, columns_last}, {}};
    const auto scales = scale->as<float>();
    const NodeView view(graph_, *node);
    const std::size_t columns = result.weights.columns();
    const bool by_column = view.integer("block_size", 0) == 0 && scales.size() == columns &&
                           view.axis(view.integer("axis", 1), rank) == (columns_last ? 1U : 0U);
    if (scales.size() != 1 && !by_column) return std::nullopt;
    for (std::size_t n = 0; n < columns; ++n) {
      result.scales.push_back(scales[scales.size() == 1 ? 0 : n]);
    }
    return result;
  }

  Graph& graph_;
  std::vector<std::size_t> producer_;  ///< per value, the position of its node
};

}  // namespace

void recognize_quantized(Graph& graph) {
  QuantizedPatterns(graph).run();
}

}  // namespace octavo::passes
