#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "runtime/ops/activation.hpp"
#include "runtime/ops/product.hpp"
#include "runtime/passes/column_constant.hpp"
#include "runtime/passes/passes.hpp"

namespace octavo::passes {
namespace {

/// The inputs of a canonical product.
constexpr std::size_t kWeight = 1;
constexpr std::size_t kBias = 2;

/// A float constant that does not depend on bound shapes; null otherwise.
const Tensor* float_constant(const Graph& graph, ValueId id) {
  if (id == kNoValue) return nullptr;
  const Value& value = graph.values[id];
  if (value.constant == nullptr || value.shape_dependent || value.type != DataType::float32) {
    return nullptr;
  }
  return value.constant.get();
}

const Tensor* float_input(const Graph& graph, const Node& node, std::size_t index) {
  return index < node.inputs.size() ? float_constant(graph, node.inputs[index]) : nullptr;
}

class Fuser {
 public:
  Fuser(Graph& graph, ShapeConstants shape_constants)
      : graph_(graph), shape_constants_(shape_constants), producer_(graph.values.size(), kNone) {}

  void run() {
    count_uses();
    std::vector<Node> result;
    for (Node& node : graph_.nodes) {
      make_linear(node);
      if (absorb(result, node)) continue;
      for (const ValueId id : node.outputs) {
        if (id != kNoValue) remember(id, result.size());
      }
      result.push_back(std::move(node));
    }
    graph_.nodes = std::move(result);
  }

 private:
  static constexpr std::size_t kNone = SIZE_MAX;

  void count_uses() {
    uses_.assign(graph_.values.size(), 0);
    for (const Node& node : graph_.nodes) {
      for (const ValueId id : node.inputs) {
        if (id != kNoValue) ++uses_[id];
      }
    }
    for (const ValueId id : graph_.outputs) ++uses_[id];
  }

  void remember(ValueId id, std::size_t node) {
    producer_.resize(graph_.values.size(), kNone);
    producer_[id] = node;
  }

  ValueId add_constant(const std::string& name, Tensor tensor) {
    const ValueId id = graph_.add_constant(name, std::move(tensor));
    uses_.resize(graph_.values.size(), 1);
    producer_.resize(graph_.values.size(), kNone);
    return id;
  }

  /// The product that computes `id` for one reader alone; null if there is none.
  Node* sole_product(std::vector<Node>& nodes, ValueId id) {
    if (id == kNoValue || uses_[id] != 1 || producer_[id] == kNone) return nullptr;
    Node& node = nodes[producer_[id]];
    return node.op == Op::Conv || node.op == Op::Linear ? &node : nullptr;
  }

  /// Whether constants can be folded into the weights and the bias of a product.
  bool takes_constants(const Node& product) const {
    return float_input(graph_, product, kWeight) != nullptr && product.inputs.size() <= kBias + 1 &&
           !ops::has_fused_activation(product);
  }

  /// The constant bias of a product, or zeros; nullopt when it is computed.
  std::optional<std::vector<float>> bias_of(const Node& node) {
    const auto columns = static_cast<std::size_t>(graph_.values[node.inputs[kWeight]].shape[0]);
    if (node.inputs.size() <= kBias || node.inputs[kBias] == kNoValue) {
      return std::vector<float>(columns, 0.0F);
    }
    const Tensor* bias = float_input(graph_, node, kBias);
    if (bias == nullptr) return std::nullopt;
    const auto elements = bias->as<float>();
    return std::vector<float>(elements.begin(), elements.end());
  }

  void set_bias(Node& node, const std::vector<float>& bias) {
    const ValueId id = add_constant(
        node.name + ".bias",
        Tensor::of<float>({static_cast<std::int64_t>(bias.size())}, std::span<const float>(bias)));
    if (node.inputs.size() <= kBias) node.inputs.resize(kBias + 1, kNoValue);
    node.inputs[kBias] = id;
  }

  void set_weight(Node& node, Tensor weight) {
    node.inputs[kWeight] = add_constant(node.name + ".weight", std::move(weight));
  }

  /// Gemm and MatMul with a constant right side, and a left side with the depth innermost.
  void make_linear(Node& node) {
    if (node.op != Op::Gemm && node.op != Op::MatMul) return;
    const NodeView view(graph_, node);
    const Tensor* weight = float_input(graph_, node, kWeight);
    if (weight == nullptr || weight->shape.size() != 2) return;
    const Value& x = graph_.values[node.inputs[0]];
    if (x.type != DataType::float32 || x.shape.size() < 2 || view.integer("transA", 0) != 0) return;
    const bool transposed = view.integer("transB", 0) != 0;
    const std::size_t columns = static_cast<std::size_t>(weight->shape[transposed ? 0 : 1]);
    const std::size_t depth = static_cast<std::size_t>(weight->shape[transposed ? 1 : 0]);
    if (columns == 0 || depth == 0) return;

    std::vector<float> bias;
    if (node.inputs.size() > kBias && node.inputs[kBias] != kNoValue) {
      const Tensor* c = float_input(graph_, node, kBias);
      if (c == nullptr || !read_columns(*c, columns, 2, 1, bias)) return;
      const float beta = view.real("beta", 1.0F);
      for (float& element : bias) element *= beta;
    }

    const float alpha = view.real("alpha", 1.0F);
    node.op = Op::Linear;
    node.attributes.clear();
    node.inputs.resize(2);
    if (!transposed || alpha != 1.0F) {
      set_weight(node,
                 linear_weight(graph_.values[node.inputs[kWeight]].constant, transposed, alpha));
    }
    if (!bias.empty()) set_bias(node, bias);
  }

  /// The rows that a constant is stored as.
  static StoredRows::Source rows_of(const std::shared_ptr<const Tensor>& constant) {
    if (constant->stored != nullptr && constant->stored->source().factors.empty()) {
      return constant->stored->source();
    }
    const Shape& shape = constant->shape;
    return {.owner = constant,
            .bytes = constant->data(),
            .rows = static_cast<std::size_t>(shape[0]),
            .columns = element_count({shape.begin() + 1, shape.end()})};
  }

  /// The weight [columns, depth] of a product with a constant [depth, columns], or, `transposed`,
  /// with one that is the weight already.
  static Tensor linear_weight(const std::shared_ptr<const Tensor>& constant, bool transposed,
                              float alpha) {
    StoredRows::Source rows = rows_of(constant);
    Shape shape = constant->shape;
    if (!transposed) {
      std::swap(shape[0], shape[1]);
      std::swap(rows.rows, rows.columns);
      rows.transposed = !rows.transposed;
    }
    if (alpha != 1.0F) rows.factors.assign(rows.rows, static_cast<double>(alpha));
    return Tensor::of_rows(std::move(shape), std::move(rows));
  }

  /// Lets the product before take over what `node` does. The node is then gone.
  bool absorb(std::vector<Node>& nodes, const Node& node) {
    bool absorbed = false;
    Node* product = nullptr;
    switch (node.op) {
      case Op::BatchNormalization:
        product = sole_product(nodes, node.inputs[0]);
        absorbed = product != nullptr && absorb_batch_normalization(*product, node);
        break;
      case Op::Add:
        for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
          if (absorbed) break;
          product = sole_product(nodes, node.inputs[side]);
          absorbed = product != nullptr && absorb_bias(*product, node, 1 - side);
        }
        if (!absorbed && (product = later_product(nodes, node)) != nullptr) {
          absorbed = absorb_addend(*product, node);
        }
        break;
      default:
        if (!ops::is_kernel_function(NodeView(graph_, node))) break;
        product = sole_product(nodes, node.inputs[0]);
        absorbed = product != nullptr && absorb_function(*product, node);
        break;
    }
    if (!absorbed) return false;
    const std::size_t position = producer_[product->outputs[0]];
    product->outputs[0] = node.outputs[0];
    remember(node.outputs[0], position);
    return true;
  }

  bool absorb_batch_normalization(Node& product, const Node& node) {
    if (!takes_constants(product) || product.op != Op::Conv || node.outputs.size() != 1)
      return false;
    const NodeView view(graph_, node);
    if (view.integer("training_mode", 0) != 0) return false;
    auto bias = bias_of(product);
    const Tensor* scale = float_input(graph_, node, 1);
    const Tensor* shift = float_input(graph_, node, 2);
    const Tensor* mean = float_input(graph_, node, 3);
    const Tensor* variance = float_input(graph_, node, 4);
    if (!bias || !scale || !shift || !mean || !variance) return false;
    const double epsilon = static_cast<double>(view.real("epsilon", 1e-5F));

    const auto& old = graph_.values[product.inputs[kWeight]].constant;
    StoredRows::Source rows = rows_of(old);
    for (std::size_t n = 0; n < bias->size(); ++n) {
      const double factor = static_cast<double>(scale->as<float>()[n]) /
                            std::sqrt(static_cast<double>(variance->as<float>()[n]) + epsilon);
      rows.factors.push_back(factor);
      const double centred =
          static_cast<double>((*bias)[n]) - static_cast<double>(mean->as<float>()[n]);
      (*bias)[n] =
          static_cast<float>(centred * factor + static_cast<double>(shift->as<float>()[n]));
    }
    set_weight(product, Tensor::of_rows(old->shape, std::move(rows)));
    set_bias(product, *bias);
    return true;
  }

  /// Whether a constant can be added to the bias: to one that is there already with a rounding of
  /// its own, which a product of int8 weights keeps as the file has it.
  bool takes_bias(const Node& product) const {
    if (takes_constants(product)) return true;
    return graph_.values[product.inputs[kWeight]].type == DataType::int8 &&
           product.inputs[kBias] == kNoValue && !has_addend(product) &&
           !ops::has_fused_activation(product);
  }

  static bool has_addend(const Node& product) {
    return product.inputs.size() > ops::kAddend && product.inputs[ops::kAddend] != kNoValue;
  }

  bool absorb_bias(Node& product, const Node& node, std::size_t other) {
    if (!takes_bias(product)) return false;
    const Tensor* addend = float_input(graph_, node, other);
    auto bias = bias_of(product);
    if (addend == nullptr || !bias) return false;
    const std::size_t rank = graph_.values[product.outputs[0]].shape.size();
    const std::size_t axis = product.op == Op::Conv ? 1 : rank - 1;
    std::vector<float> spread;
    if (!read_columns(*addend, bias->size(), rank, axis, spread)) return false;
    for (std::size_t n = 0; n < spread.size(); ++n) (*bias)[n] += spread[n];
    set_bias(product, *bias);
    return true;
  }

  /// Of an addition's operands, the one that is computed last, where it is a product.
  Node* later_product(std::vector<Node>& nodes, const Node& node) {
    if (shape_constants_ != ShapeConstants::fold) return nullptr;  // operands may yet broadcast
    const auto position = [&](ValueId id) {
      return producer_[id] == kNone ? 0 : producer_[id] + 1;
    };
    const std::size_t later = position(node.inputs[0]) > position(node.inputs[1]) ? 0 : 1;
    return sole_product(nodes, node.inputs[later]);
  }

  /// Lets a product add the other operand itself.
  bool absorb_addend(Node& product, const Node& node) {
    if (ops::has_fused_activation(product) || has_addend(product)) return false;
    if (!ops::takes_addend(NodeView(graph_, product))) return false;
    const ValueId sum = product.outputs[0];
    const ValueId other = node.inputs[node.inputs[0] == sum ? 1 : 0];
    const Value& addend = graph_.values[other];
    if (addend.constant != nullptr || addend.type != DataType::float32) return false;
    if (other == sum || addend.shape != graph_.values[sum].shape) return false;
    product.inputs.resize(std::max(product.inputs.size(), ops::kAddend + 1), kNoValue);
    product.inputs[ops::kAddend] = other;
    return true;
  }

  bool absorb_function(Node& product, const Node& node) {
    if (ops::has_fused_activation(product)) return false;
    for (std::size_t i = 1; i < node.inputs.size(); ++i) {  // the bounds of Clip
      if (node.inputs[i] == kNoValue) continue;
      const Tensor* bound = float_input(graph_, node, i);
      if (bound == nullptr || bound->as<float>().size() != 1) return false;
    }
    ops::set_fused_activation(product, ops::function_of(NodeView(graph_, node)));
    return true;
  }

  Graph& graph_;
  ShapeConstants shape_constants_;
  std::vector<std::size_t> producer_;  ///< per value, the position of its node in the result
  std::vector<std::size_t> uses_;
};

}  // namespace

void fuse(Graph& graph, ShapeConstants shape_constants) {
  Fuser(graph, shape_constants).run();
}

}  // namespace octavo::passes
