#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <utility>

#include "runtime/passes/passes.hpp"

namespace octavo::passes {
namespace {

/// Constants in files are rounded to float, and some were typed in with few digits.
bool close(double x, double y) {
  return std::abs(x - y) <= 1e-5 * std::abs(y);
}

/// A value as a constant times other values.
struct Factors {
  double constant = 1.0;
  std::vector<ValueId> values;
};

/// Recognizes functions that files write as several nodes, and lets one node compute them, in place
/// of the last. The others are dead unless something else reads them.
class PatternMatcher {
 public:
  explicit PatternMatcher(Graph& graph)
      : graph_(graph), producer_(graph.values.size(), nullptr), uses_(graph.values.size(), 0) {}

  void run() {
    for (const Node& node : graph_.nodes) {
      for (const ValueId id : node.inputs) {
        if (id != kNoValue) ++uses_[id];
      }
    }
    for (Node& node : graph_.nodes) {
      if (node.op == Op::Mul || node.op == Op::Div) {
        match_function(node);
      }
      if (node.op == Op::Mul) match_normalization(node);
      if (node.op == Op::Add) match_normalization_bias(node);
      for (const ValueId id : node.outputs) {
        if (id != kNoValue) producer_[id] = &node;
      }
    }
  }

 private:
  [[nodiscard]] const Node* made_by(ValueId id, Op op) const {
    return id != kNoValue && producer_[id] != nullptr && producer_[id]->op == op ? producer_[id]
                                                                                 : nullptr;
  }

  /// The input of the node of one input that makes a value.
  [[nodiscard]] std::optional<ValueId> argument_of(ValueId id, Op op) const {
    const Node* node = made_by(id, op);
    return node != nullptr ? std::optional(node->inputs[0]) : std::nullopt;
  }

  [[nodiscard]] bool is_float(ValueId id) const {
    return graph_.values[id].type == DataType::float32;
  }

  [[nodiscard]] std::optional<double> scalar(ValueId id) const {
    if (id == kNoValue || !is_float(id)) return std::nullopt;
    const Value& value = graph_.values[id];
    if (value.constant == nullptr || element_count(value.shape) != 1) return std::nullopt;
    return static_cast<double>(value.constant->as<float>()[0]);
  }

  [[nodiscard]] bool same_shape(ValueId x, ValueId y) const {
    return graph_.values[x].shape == graph_.values[y].shape;
  }

  /// The other operand where one is a constant close to `constant`.
  [[nodiscard]] std::optional<ValueId> less(ValueId id, double constant) const {
    const Node* sum = made_by(id, Op::Add);
    if (sum == nullptr) return std::nullopt;
    for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
      const auto added = scalar(sum->inputs[side]);
      if (added && close(*added, constant)) return sum->inputs[1 - side];
    }
    return std::nullopt;
  }

  /// Takes a product apart, down to values that others read as well.
  [[nodiscard]] Factors factors_of(const Node& product) const {
    Factors factors;
    take_apart(product, factors);
    return factors;
  }
  [[nodiscard]] Factors factors_of(ValueId id) const {
    Factors factors;
    take_apart(id, factors);
    return factors;
  }

  void take_apart(const Node& product, Factors& factors) const {
    take_apart(product.inputs[0], factors);
    if (product.op == Op::Mul) {
      take_apart(product.inputs[1], factors);
    } else {
      factors.constant /= scalar(product.inputs[1]).value_or(0.0);
    }
  }
  void take_apart(ValueId id, Factors& factors) const {
    constexpr std::size_t kMostFactors = 4;
    if (const auto constant = scalar(id)) {
      factors.constant *= *constant;
      return;
    }
    const Node* product = made_by(id, Op::Mul);
    if (product == nullptr) product = made_by(id, Op::Div);
    const bool inside = product != nullptr && uses_[id] == 1 &&
                        factors.values.size() < kMostFactors &&
                        (product->op == Op::Mul || scalar(product->inputs[1]));
    if (inside) {
      take_apart(*product, factors);
    } else {
      factors.values.push_back(id);
    }
  }

  [[nodiscard]] bool is_multiple(ValueId id, double constant, ValueId x) const {
    const Factors factors = factors_of(id);
    return close(factors.constant, constant) && factors.values.size() == 1 &&
           factors.values[0] == x;
  }

  /// x times one other value, or that divided by a constant: the functions that gate their
  /// argument.
  void match_function(Node& node) {
    const ValueId out = node.outputs[0];
    if (!is_float(out) || (node.op == Op::Div && !scalar(node.inputs[1]))) return;
    const Factors factors = factors_of(node);
    if (factors.values.size() != 2) return;
    for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
      const ValueId x = factors.values[side];
      const ValueId gate = factors.values[1 - side];
      if (!same_shape(x, out)) continue;
      if (close(factors.constant, 1.0) && argument_of(gate, Op::Sigmoid) == x) {
        return replace(node, Op::Swish, {x});
      }
      if ((close(factors.constant, 1.0) && is_hard_sigmoid(gate, x)) ||
          (close(factors.constant, 1.0 / 6.0) && is_relu6_of_shifted(gate, x))) {
        return replace(node, Op::HardSwish, {x});
      }
      const auto curve = less(gate, 1.0);
      if (!close(factors.constant, 0.5) || !curve) continue;
      const auto erf = argument_of(*curve, Op::Erf);
      if (erf && is_multiple(*erf, 1.0 / std::numbers::sqrt2, x)) {
        return replace(node, Op::Gelu, {x});
      }
      const auto tanh = argument_of(*curve, Op::Tanh);
      if (tanh && is_gelu_cubic(*tanh, x)) {
        return replace(node, Op::Gelu, {x}, {{"approximate", std::string("tanh")}});
      }
    }
  }

  [[nodiscard]] bool is_hard_sigmoid(ValueId id, ValueId x) const {
    if (const Node* node = made_by(id, Op::HardSigmoid)) {
      const NodeView view(graph_, *node);
      return node->inputs[0] == x && close(view.real("alpha", 0.2F), 1.0 / 6.0) &&
             close(view.real("beta", 0.5F), 0.5);
    }
    const Factors factors = factors_of(id);
    return factors.values.size() == 1 && close(factors.constant, 1.0 / 6.0) &&
           is_relu6_of_shifted(factors.values[0], x);
  }

  /// Clip(x + 3, 0, 6).
  [[nodiscard]] bool is_relu6_of_shifted(ValueId id, ValueId x) const {
    const Node* clip = made_by(id, Op::Clip);
    return clip != nullptr && clip->inputs.size() == 3 && scalar(clip->inputs[1]) == 0.0 &&
           scalar(clip->inputs[2]) == 6.0 && less(clip->inputs[0], 3.0) == x;
  }

  /// sqrt(2 / pi) (x + 0.044715 x^3): the argument of tanh in Gelu's approximation (arXiv
  /// 1606.08415).
  [[nodiscard]] bool is_gelu_cubic(ValueId id, ValueId x) const {
    const Factors outer = factors_of(id);
    if (!close(outer.constant, std::numbers::sqrt2 * std::numbers::inv_sqrtpi) ||
        outer.values.size() != 1) {
      return false;
    }
    const Node* sum = made_by(outer.values[0], Op::Add);
    if (sum == nullptr) return false;
    const std::size_t cubic = sum->inputs[0] == x ? 1 : 0;
    const Factors inner = factors_of(sum->inputs[cubic]);
    return sum->inputs[1 - cubic] == x && close(inner.constant, 0.044715) &&
           power_of(inner, x) == 3.0;
  }

  /// The power of x that a product is but for its constant; 0 where it is none.
  [[nodiscard]] double power_of(const Factors& factors, ValueId x) const {
    double power = 0.0;
    for (const ValueId id : factors.values) {
      const Node* node = made_by(id, Op::Pow);
      if (id == x) {
        power += 1.0;
      } else if (node != nullptr && node->inputs[0] == x) {
        power += scalar(node->inputs[1]).value_or(-100.0);
      } else {
        return 0.0;
      }
    }
    return power;
  }

  /// (x - mean) / sqrt(variance + epsilon) * scale over the last dimension.
  void match_normalization(Node& node) {
    for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
      const ValueId scale = node.inputs[side];
      const Node* quotient = made_by(node.inputs[1 - side], Op::Div);
      if (quotient == nullptr || !is_float(scale)) continue;
      const auto x = deviation_of(quotient->inputs[0]);
      const auto biased = argument_of(quotient->inputs[1], Op::Sqrt);
      const Node* sum = biased ? made_by(*biased, Op::Add) : nullptr;
      if (!x || sum == nullptr || !is_row(scale, *x) || !same_shape(*x, node.outputs[0])) continue;
      for (const std::size_t term : {std::size_t{0}, std::size_t{1}}) {
        const auto epsilon = scalar(sum->inputs[term]);
        if (epsilon && variance_of(sum->inputs[1 - term]) == x) {
          return replace(node, Op::LayerNormalization, {*x, scale},
                         {{"axis", std::int64_t{-1}}, {"epsilon", static_cast<float>(*epsilon)}});
        }
      }
    }
  }

  void match_normalization_bias(Node& node) {
    for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
      const ValueId bias = node.inputs[side];
      const ValueId normalized = node.inputs[1 - side];
      const Node* before = made_by(normalized, Op::LayerNormalization);
      if (before == nullptr || before->inputs.size() != 2 || before->outputs.size() != 1) continue;
      const ValueId x = before->inputs[0];
      if (NodeView(graph_, *before).integer("axis", -1) != -1 || !is_row(bias, x)) continue;
      return replace(node, Op::LayerNormalization, {x, before->inputs[1], bias},
                     before->attributes);
    }
  }

  /// One constant for each element of the last dimension of x.
  [[nodiscard]] bool is_row(ValueId id, ValueId x) const {
    const Value& value = graph_.values[id];
    const Shape& shape = graph_.values[x].shape;
    return value.constant != nullptr && value.type == DataType::float32 && !shape.empty() &&
           shape.back() > 1 && value.shape.size() <= shape.size() && !value.shape.empty() &&
           value.shape.back() == shape.back() &&
           element_count(value.shape) == static_cast<std::size_t>(shape.back());
  }

  /// What the mean over the last dimension is taken of.
  [[nodiscard]] std::optional<ValueId> mean_of(ValueId id) const {
    const Node* mean = made_by(id, Op::ReduceMean);
    if (mean == nullptr || mean->inputs.size() != 2) return std::nullopt;
    const NodeView view(graph_, *mean);
    if (view.constant(1) == nullptr || view.integer("keepdims", 1) == 0) return std::nullopt;
    const std::vector<std::int64_t> axes = view.require_integers(1, "axes");
    const auto last = std::ssize(view.shape(0)) - 1;
    if (axes.size() != 1 || (axes[0] != -1 && axes[0] != last)) return std::nullopt;
    return mean->inputs[0];
  }

  /// x where the value is x - mean(x).
  [[nodiscard]] std::optional<ValueId> deviation_of(ValueId id) const {
    const Node* difference = made_by(id, Op::Sub);
    if (difference == nullptr || mean_of(difference->inputs[1]) != difference->inputs[0]) {
      return std::nullopt;
    }
    return difference->inputs[0];
  }

  /// x where the value is mean((x - mean(x))^2).
  [[nodiscard]] std::optional<ValueId> variance_of(ValueId id) const {
    const auto square = mean_of(id);
    if (!square) return std::nullopt;
    if (const Node* power = made_by(*square, Op::Pow)) {
      return scalar(power->inputs[1]) == 2.0 ? deviation_of(power->inputs[0]) : std::nullopt;
    }
    const Node* product = made_by(*square, Op::Mul);
    const bool squared = product != nullptr && product->inputs[0] == product->inputs[1];
    return squared ? deviation_of(product->inputs[0]) : std::nullopt;
  }

  static void replace(Node& node, Op op, std::vector<ValueId> inputs, Attributes attributes = {}) {
    node.op = op;
    node.inputs = std::move(inputs);
    node.attributes = std::move(attributes);
  }

  Graph& graph_;
  std::vector<const Node*> producer_;
  std::vector<std::size_t> uses_;
};

}  // namespace

void recognize_functions(Graph& graph) {
  PatternMatcher(graph).run();
}

}  // namespace octavo::passes
