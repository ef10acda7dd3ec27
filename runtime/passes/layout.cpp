#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "runtime/ops/product.hpp"
#include "runtime/passes/passes.hpp"

namespace octavo::passes {
namespace {

using Permutation = std::vector<std::int64_t>;  ///< result dimension i is source dimension p[i]

/// [N, C, spatial...] to [N, spatial..., C].
Permutation to_channels_last(std::size_t rank) {
  Permutation p(rank);
  std::iota(p.begin(), p.end(), 0);
  std::rotate(p.begin() + 1, p.begin() + 2, p.end());
  return p;
}

Permutation inverse(const Permutation& p) {
  Permutation result(p.size());
  for (std::size_t i = 0; i < p.size(); ++i) {
    result[static_cast<std::size_t>(p[i])] = static_cast<std::int64_t>(i);
  }
  return result;
}

Shape permute(const Shape& shape, const Permutation& p) {
  Shape result;
  for (const std::int64_t source : p) result.push_back(shape[static_cast<std::size_t>(source)]);
  return result;
}

/// Whether transposing leaves every element where it is: dimensions of one element may move freely.
bool moves_nothing(const Shape& shape, const Permutation& p) {
  std::int64_t last = -1;
  for (const std::int64_t source : p) {
    if (shape[static_cast<std::size_t>(source)] == 1) continue;
    if (source < last) return false;
    last = source;
  }
  return true;
}

bool is_view(Op op) {
  return op == Op::Reshape || op == Op::Flatten || op == Op::Squeeze || op == Op::Unsqueeze ||
         op == Op::Identity;
}

/// Rewrites the graph node by node. Every value of the old graph keeps its id for the order of the
/// file; a second id is made when it is wanted channels-last. Each order is computed once, when it
/// is first asked for.
class LayoutPass {
 public:
  explicit LayoutPass(Graph& graph)
      : graph_(graph),
        last_(graph.values.size(), kNoValue),
        available_(graph.values.size(), false) {}

  std::vector<bool> run() {
    for (ValueId id = 0; id < graph_.values.size(); ++id) {
      available_[id] = graph_.values[id].constant != nullptr;
    }
    for (const ValueId id : graph_.inputs) available_[id] = true;
    std::vector<Node> old = std::exchange(graph_.nodes, {});
    for (Node& node : old) rewrite(node);
    for (const ValueId id : graph_.outputs) row_major(id);
    moved_.resize(graph_.values.size(), false);
    return std::move(moved_);
  }

 private:
  void rewrite(Node& node) {
    const LayoutRule rule = operator_of(node.op).layout;
    if (rule == LayoutRule::channels_last && graph_.values[node.inputs[0]].shape.size() >= 3) {
      node.inputs[0] = channels_last(node.inputs[0]);
      for (std::size_t i = 1; i < node.inputs.size(); ++i) {
        ValueId& id = node.inputs[i];
        if (id == kNoValue) continue;
        if (node.op == Op::Conv && i == ops::kAddend) {
          id = channels_last(id);
        } else {
          row_major(id);
        }
      }
      declare_output(node.outputs[0]);
      for (std::size_t i = 1; i < node.outputs.size(); ++i) {
        if (node.outputs[i] != kNoValue) available_[node.outputs[i]] = true;
      }
    } else if (node.op == Op::Transpose) {
      rewrite_transpose(node);
      return;
    } else if (gathers_channels(node)) {
      node.inputs[0] = last_[node.inputs[0]];
      move_axis(node);
      declare_outputs(node);
    } else if (moves_along(rule, node)) {
      for (ValueId& id : node.inputs) {
        if (id != kNoValue) id = channels_last_operand(id, rank_of(node));
      }
      if (rule == LayoutRule::axis) move_axis(node);
      declare_outputs(node);
    } else {
      for (const ValueId id : node.inputs) {
        if (id != kNoValue) row_major(id);
      }
      if (is_view(node.op)) make_view(node);
      for (const ValueId id : node.outputs) {
        if (id != kNoValue) available_[id] = true;
      }
    }
    graph_.nodes.push_back(std::move(node));
  }

  [[nodiscard]] std::size_t rank_of(const Node& node) const {
    return graph_.values[node.outputs[0]].shape.size();
  }

  /// An operator that takes any order follows an input that exists channels-last only.
  [[nodiscard]] bool moves_along(LayoutRule rule, const Node& node) const {
    if (rule != LayoutRule::elementwise && rule != LayoutRule::axis) return false;
    const std::size_t rank = rank_of(node);
    if (rank < 3) return false;
    // Scales along an axis, or of blocks, are no operands that broadcast.
    if (node.op == Op::QuantizeLinear || node.op == Op::DequantizeLinear) {
      const Shape& scale = graph_.values[node.inputs[1]].shape;
      if (scale.size() > 1 || element_count(scale) != 1) return false;
    }
    // The old Softmax runs over all dimensions from its axis on: they must stay together.
    if (NodeView(graph_, node).integer("flattened", 0) != 0) return false;
    bool wanted = false;
    for (const ValueId id : node.inputs) {
      if (id == kNoValue) continue;
      const Value& value = graph_.values[id];
      if (value.shape.size() == rank && value.constant == nullptr) {
        wanted = wanted || (!available_[id] && last_[id] != kNoValue);
      } else if (value.constant == nullptr && element_count(value.shape) != 1) {
        return false;  // a computed operand that broadcasts from a lower rank
      }
    }
    return wanted;
  }

  /// Constant indices along one dimension of an input that exists channels-last only.
  [[nodiscard]] bool gathers_channels(const Node& node) const {
    if (node.op != Op::Gather) return false;
    const ValueId x = node.inputs[0];
    const Value& indices = graph_.values[node.inputs[1]];
    return indices.constant != nullptr && indices.shape.size() == 1 && !available_[x] &&
           last_[x] != kNoValue;
  }

  void move_axis(Node& node) {
    const NodeView view(graph_, node);
    const auto rank = static_cast<std::int64_t>(rank_of(node));
    const bool from_end =
        node.op == Op::Softmax || node.op == Op::LogSoftmax || node.op == Op::Hardmax;
    const std::int64_t fallback = from_end ? -1 : 0;
    std::int64_t axis = view.integer("axis", fallback);
    if (axis < 0) axis += rank;
    const std::int64_t moved = axis == 0 ? 0 : axis == 1 ? rank - 1 : axis - 1;
    node.attributes["axis"] = moved;
  }

  /// Gives the outputs of a node that now computes channels-last tensors their new ids.
  void declare_outputs(Node& node) {
    const std::size_t rank = rank_of(node);
    for (ValueId& id : node.outputs) {
      if (id == kNoValue) continue;
      if (graph_.values[id].shape.size() == rank) {
        declare_output(id);
      } else {
        available_[id] = true;  // the scale and the zero point of DynamicQuantizeLinear
      }
    }
  }

  void declare_output(ValueId& id) {
    last_[id] = add_channels_last(id);
    id = last_[id];
  }

  ValueId add_channels_last(ValueId id) {
    Value value = graph_.values[id];
    value.shape = permute(value.shape, to_channels_last(value.shape.size()));
    const ValueId result = graph_.add(std::move(value));
    moved_.resize(graph_.values.size(), false);
    moved_[result] = true;
    return result;
  }

  ValueId channels_last(ValueId id) {
    if (last_[id] == kNoValue) {
      last_[id] = add_channels_last(id);
      add_transpose(id, last_[id], to_channels_last(graph_.values[id].shape.size()));
    }
    return last_[id];
  }

  void row_major(ValueId id) {
    if (id >= available_.size() || available_[id]) return;
    add_transpose(last_[id], id, inverse(to_channels_last(graph_.values[id].shape.size())));
    available_[id] = true;
  }

  /// An operand of an elementwise or axis node of the given rank.
  ValueId channels_last_operand(ValueId id, std::size_t rank) {
    const Value& value = graph_.values[id];
    if (value.shape.size() == rank && value.constant == nullptr) return channels_last(id);
    if (value.constant == nullptr || element_count(value.shape) == 1) {
      row_major(id);
      return id;
    }
    return transposed_constant(id, rank);
  }

  ValueId transposed_constant(ValueId id, std::size_t rank) {
    Tensor tensor = *graph_.values[id].constant;
    tensor.shape.insert(tensor.shape.begin(), rank - tensor.shape.size(), 1);
    const Permutation p = to_channels_last(rank);
    Tensor result = Tensor::zeros(tensor.type, permute(tensor.shape, p));
    const std::size_t size = size_of(tensor.type);
    auto* to = const_cast<std::byte*>(result.memory);
    std::vector<std::int64_t> index(rank, 0);
    const std::size_t count = element_count(result.shape);
    for (std::size_t i = 0; i < count; ++i) {
      std::size_t rest = i;
      for (std::size_t d = rank; d-- > 0;) {
        const auto extent = static_cast<std::size_t>(result.shape[d]);
        index[static_cast<std::size_t>(p[d])] = static_cast<std::int64_t>(rest % extent);
        rest /= extent;
      }
      std::size_t source = 0;
      for (std::size_t d = 0; d < rank; ++d) {
        source =
            source * static_cast<std::size_t>(tensor.shape[d]) + static_cast<std::size_t>(index[d]);
      }
      std::copy_n(tensor.data() + source * size, size, to + i * size);
    }
    return graph_.add_constant(graph_.values[id].name, std::move(result));
  }

  void rewrite_transpose(Node& node) {
    const ValueId x = node.inputs[0];
    const std::size_t rank = graph_.values[x].shape.size();
    Permutation p = NodeView(graph_, node).integers("perm", {});
    if (p.empty()) {
      p.resize(rank);
      std::iota(p.rbegin(), p.rend(), 0);
    }
    ValueId source = x;
    if (!available_[x] && last_[x] != kNoValue) {
      source = last_[x];
      const Permutation back = inverse(to_channels_last(rank));
      for (std::int64_t& dimension : p) dimension = back[static_cast<std::size_t>(dimension)];
    }
    add_transpose(source, node.outputs[0], p, node.name);
    available_[node.outputs[0]] = true;
  }

  void add_transpose(ValueId from, ValueId to, const Permutation& p, std::string name = {}) {
    Node node;
    node.name = name.empty() ? graph_.values[from].name + ".layout" : std::move(name);
    node.inputs = {from};
    node.outputs = {to};
    if (moves_nothing(graph_.values[from].shape, p)) {
      node.op = Op::View;
    } else {
      node.op = Op::Transpose;
      node.attributes["perm"] = p;
    }
    graph_.nodes.push_back(std::move(node));
  }

  static void make_view(Node& node) {
    node.op = Op::View;
    node.inputs.resize(1);
    node.attributes.clear();
  }

  Graph& graph_;
  std::vector<ValueId> last_;    ///< per value of the old graph, its channels-last id
  std::vector<bool> available_;  ///< per value of the old graph: computed in the order of the file
  std::vector<bool> moved_;
};

}  // namespace

std::vector<bool> move_to_channels_last(Graph& graph) {
  return LayoutPass(graph).run();
}

}  // namespace octavo::passes
