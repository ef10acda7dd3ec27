#include <algorithm>
#include <string>
#include <utility>

#include "kernels/aligned_buffer.hpp"
#include "runtime/passes/passes.hpp"

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
    throw Error(ErrorCode::invalid_argument, "input '" + value.name + "' has shape " +
                                                 to_string(value.shape) +
                                                 "; it cannot be bound to " + to_string(*binding));
  }
  if (std::ranges::any_of(*binding, [](std::int64_t extent) { return extent < 1; })) {
    throw Error(ErrorCode::invalid_argument, "input '" + value.name + "' is bound to " +
                                                 to_string(*binding) +
                                                 "; every dimension must be at least 1");
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
      throw Error(ErrorCode::invalid_argument, "a shape is given for '" + binding.first +
                                                   "', but the model's inputs are " +
                                                   list_inputs(graph));
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
  const NodeView view(graph, node);
  std::vector<Tensor> results;
  StepMemory memory;
  for (const ValueId id : node.inputs) {
    const bool known = id != kNoValue && graph.values[id].constant != nullptr;
    memory.inputs.push_back(known ? graph.values[id].constant->data : nullptr);
  }
  for (const ValueId id : node.outputs) {
    if (id == kNoValue) {
      memory.outputs.push_back(nullptr);
      continue;
    }
    const Value& value = graph.values[id];
    if (element_count(value.shape) * size_of(value.type) > kMaxFoldedBytes) {
      view.fail(ErrorCode::limit_exceeded,
                "a constant result of shape " + to_string(value.shape) + " is larger than 256 MiB");
    }
    results.push_back(Tensor::zeros(value.type, value.shape));
    memory.outputs.push_back(const_cast<std::byte*>(results.back().data));
  }
  const std::unique_ptr<Step> step = operator_of(node.op).prepare(view, context);
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
    throw Error(ErrorCode::limit_exceeded, describe(node) + ": output '" + value.name +
                                               "' of shape " + to_string(value.shape) +
                                               " is larger than 8 GiB");
  }
}

}  // namespace

void infer(Graph& graph, const ShapeBindings& shapes, const kernels::KernelTable& kernels) {
  std::vector<bool> open = bind_inputs(graph, shapes);
  for (const Node& node : graph.nodes) {
    InferContext context(graph, node);
    operator_of(node.op).infer(context);
    const bool depends =
        std::ranges::any_of(node.inputs, [&](ValueId id) { return id != kNoValue && open[id]; });
    for (const ValueId id : node.outputs) {
      if (id == kNoValue) continue;
      check_size(node, graph.values[id]);
      open[id] = depends;
      graph.values[id].shape_dependent = depends;
    }
    // Windows over constants would need a channels-last copy; no model computes weights that way.
    const bool foldable = operator_of(node.op).layout != LayoutRule::channels_last;
    if (node.op == Op::Shape || (foldable && all_inputs_known(graph, node))) {
      evaluate(graph, node, kernels);
    }
  }
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
