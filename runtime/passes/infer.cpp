#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "kernels/aligned_buffer.hpp"
#include "runtime/concat.hpp"
#include "runtime/passes/passes.hpp"
#include "runtime/plan/weight_cache.hpp"

namespace octavo::passes {
namespace {

/// Larger results of constant arithmetic are refused: no real model folds to more.
constexpr std::size_t kMaxFoldedBytes = std::size_t{1} << 28U;
/// The largest single activation, so that a hostile file cannot ask for a terabyte.
constexpr std::size_t kMaxTensorBytes = std::size_t{1} << 33U;

std::string list_inputs(const Graph& graph) {
  std::string names;
  for (const ValueId id : graph.inputs) {
    names += (names.empty() ? "'" : ", '") + graph.values[id].name + "'";
  }
  return names;
}

void bind(Value& value, const Shape* binding) {
  if (binding == nullptr) {
    std::ranges::replace(value.shape, std::int64_t{-1}, std::int64_t{1});
    return;
  }
  if (binding->size() != value.shape.size()) {
    throw Error(ErrorCode::invalid_argument,
                concat({"input '", value.name, "' has shape ", value.shape,
                        "; it cannot be bound to ", *binding}));
  }
  if (std::ranges::any_of(*binding, [](std::int64_t extent) { return extent < 1; })) {
    throw Error(ErrorCode::invalid_argument,
                concat({"input '", value.name, "' is bound to ", *binding,
                        "; every dimension must be at least 1"}));
  }
  value.shape = *binding;
}

/// Marks inputs whose size the file leaves open: what is computed from their shape holds for one
/// binding only.
std::vector<bool> bind_inputs(Graph& graph, const ShapeBindings& shapes) {
  for (const auto& binding : shapes) {
    const bool known = std::ranges::any_of(
        graph.inputs, [&](ValueId id) { return graph.values[id].name == binding.first; });
    if (!known) {
      throw Error(ErrorCode::invalid_argument,
                  concat({"a shape is given for '", binding.first, "', but the model's inputs are ",
                          list_inputs(graph)}));
    }
  }
  std::vector<bool> open(graph.values.size(), false);
  for (const ValueId id : graph.inputs) {
    Value& value = graph.values[id];
    open[id] = std::ranges::find(value.shape, -1) != value.shape.end();
    const auto binding = shapes.find(value.name);
    bind(value, binding == shapes.end() ? nullptr : &binding->second);
  }
  return open;
}

/// Runs a node whose inputs are known and stores its outputs as constants.
void evaluate(Graph& graph, const Node& node, const kernels::KernelTable& kernels) {
  PlanContext context;
  context.kernels = &kernels;
  context.weights = std::make_shared<WeightCache>();
  const NodeView view(graph, node);
  std::vector<Tensor> results;
  StepMemory memory;
  for (const ValueId id : node.inputs) {
    const bool known = id != kNoValue && graph.values[id].constant != nullptr;
    memory.inputs.push_back(known ? graph.values[id].constant->data() : nullptr);
  }
  for (const ValueId id : node.outputs) {
    if (id == kNoValue) {
      memory.outputs.push_back(nullptr);
      continue;
    }
    const Value& value = graph.values[id];
    if (element_count(value.shape) * size_of(value.type) > kMaxFoldedBytes) {
      view.fail(ErrorCode::limit_exceeded,
                concat({"a constant result of shape ", value.shape, " is larger than 256 MiB"}));
    }
    results.push_back(Tensor::zeros(value.type, value.shape));
    memory.outputs.push_back(const_cast<std::byte*>(results.back().memory));
  }
  const std::unique_ptr<Step> step = make_step(view, context);
  kernels::AlignedBuffer<std::byte> scratch(step->scratch_bytes());
  memory.scratch = scratch.data();
  Workers workers(nullptr, 1);
  step->run(memory, workers);

  auto result = results.begin();
  for (const ValueId id : node.outputs) {
    if (id != kNoValue) {
      graph.values[id].constant = std::make_shared<const Tensor>(std::move(*result++));
    }
  }
}

bool all_inputs_known(const Graph& graph, const Node& node) {
  return std::ranges::all_of(node.inputs, [&](ValueId id) {
    return id == kNoValue || graph.values[id].constant != nullptr;
  });
}

void check_size(const Node& node, const Value& value) {
  if (element_count(value.shape) > kMaxTensorBytes / size_of(value.type)) {
    throw Error(ErrorCode::limit_exceeded,
                concat({describe(node), ": output '", value.name, "' of shape ", value.shape,
                        " is larger than 8 GiB"}));
  }
}

/// Infers node by node and rebuilds the list of nodes, with casts around those that take float32
/// where the model has float16 or float64.
class Inference {
 public:
  Inference(Graph& graph, const ShapeBindings& shapes, const kernels::KernelTable& kernels)
      : graph_(graph), kernels_(kernels), open_(bind_inputs(graph, shapes)) {}

  void run() {
    for (Node& node : std::exchange(graph_.nodes, {})) add(std::move(node));
  }

 private:
  void add(Node node) {
    const std::optional<DataType> original = cast_inputs(node);
    check_type(node);
    InferContext context(graph_, node);
    operator_of(node.op).infer(context);
    std::vector<Node> casts;
    for (ValueId& id : node.outputs) {
      if (!original || id == kNoValue || graph_.values[id].type != DataType::float32) continue;
      Value computed = graph_.values[id];
      computed.name += ".float32";
      const ValueId result = std::exchange(id, graph_.add(std::move(computed)));
      casts.push_back(cast(node.name, id, result, *original));
    }
    finish(std::move(node));
    for (Node& outer : casts) add(std::move(outer));
  }

  /// Casts inputs to float32 where the operator needs it. Returns the type that its results then
  /// have: that of input 0, if it is a float, or else of the first input that was cast.
  std::optional<DataType> cast_inputs(Node& node) {
    std::optional<DataType> original;
    const TypeSet types = operator_of(node.op).types;
    for (ValueId& id : node.inputs) {
      if (id == kNoValue) continue;
      const DataType type = graph_.values[id].type;
      const bool other = type == DataType::float16 || type == DataType::float64;
      if (!original && (other || type == DataType::float32)) original = type;
      if (!other || contains(types, type)) continue;
      Value value;
      value.name = graph_.values[id].name + ".float32";
      const ValueId result = graph_.add(std::move(value));
      add(cast(node.name, id, result, DataType::float32));
      id = result;
    }
    const bool cast = original && *original != DataType::float32 && !contains(types, *original);
    return cast ? original : std::nullopt;
  }

  static Node cast(const std::string& name, ValueId from, ValueId to, DataType type) {
    Node node;
    node.op = Op::Cast;
    node.name = name + ".cast";
    node.inputs = {from};
    node.outputs = {to};
    node.attributes["to"] = onnx_number_of(type);
    return node;
  }

  void check_type(const Node& node) const {
    const TypeSet types = operator_of(node.op).types;
    if (node.inputs.empty() || node.inputs[0] == kNoValue) return;
    const Value& input = graph_.values[node.inputs[0]];
    if (contains(types, input.type)) return;
    NodeView(graph_, node)
        .fail(ErrorCode::unsupported,
              concat({"input 0 ('", input.name, "') is of type ", to_string(input.type),
                      ", expected ", to_string(types)}));
  }

  /// Takes in a node whose outputs have types and shapes.
  void finish(Node node) {
    open_.resize(graph_.values.size(), false);
    const bool depends =
        std::ranges::any_of(node.inputs, [&](ValueId id) { return id != kNoValue && open_[id]; });
    for (const ValueId id : node.outputs) {
      if (id == kNoValue) continue;
      check_size(node, graph_.values[id]);
      open_[id] = depends;
      graph_.values[id].shape_dependent = depends;
    }
    // Windows over constants would need a channels-last copy; no model computes weights that way.
    const bool foldable = operator_of(node.op).layout != LayoutRule::channels_last;
    if (node.op == Op::Shape || node.op == Op::Size ||
        (foldable && all_inputs_known(graph_, node))) {
      evaluate(graph_, node, kernels_);
    }
    graph_.nodes.push_back(std::move(node));
  }

  Graph& graph_;
  const kernels::KernelTable& kernels_;
  std::vector<bool> open_;  ///< per value: whether its shape depends on free dimensions
};

}  // namespace

void infer(Graph& graph, const ShapeBindings& shapes, const kernels::KernelTable& kernels) {
  Inference(graph, shapes, kernels).run();
}

void remove_dead(Graph& graph, ShapeConstants shape_constants) {
  const auto keep_constant = [&](const Value& value) {
    return value.constant != nullptr &&
           !(value.shape_dependent && shape_constants == ShapeConstants::recompute);
  };
  std::vector<bool> needed(graph.values.size(), false);
  for (const ValueId id : graph.outputs) needed[id] = true;
  std::vector<Node> kept;
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    const bool wanted = std::ranges::any_of(node->outputs, [&](ValueId id) {
      return id != kNoValue && needed[id] && !keep_constant(graph.values[id]);
    });
    if (!wanted) continue;
    for (const ValueId id : node->inputs) {
      if (id != kNoValue) needed[id] = true;
    }
    for (const ValueId id : node->outputs) {
      if (id != kNoValue) graph.values[id].constant = nullptr;
    }
    kept.push_back(std::move(*node));
  }
  std::ranges::reverse(kept);
  graph.nodes = std::move(kept);
  for (ValueId id = 0; id < graph.values.size(); ++id) {
    if (!needed[id]) graph.values[id].constant = nullptr;
  }
}

}  // namespace octavo::passes
