#include <algorithm>
#include <string>
#include <utility>

#include "octavo/graph.hpp"

#include "runtime/concat.hpp"
#include "runtime/graph/check.hpp"
#include "runtime/graph/graph.hpp"

namespace octavo {

struct GraphBuilder::State {
  Graph graph;
};

GraphBuilder::GraphBuilder(std::string name) : state_(std::make_unique<State>()) {
  state_->graph.name = std::move(name);
}
GraphBuilder::GraphBuilder(GraphBuilder&&) noexcept = default;
GraphBuilder& GraphBuilder::operator=(GraphBuilder&&) noexcept = default;
GraphBuilder::~GraphBuilder() = default;

GraphBuilder::Value GraphBuilder::input(std::string name, DataType type, Shape shape) {
  octavo::Value value;
  value.name = std::move(name);
  value.type = type;
  value.shape = std::move(shape);
  const ValueId id = state_->graph.add(std::move(value));
  state_->graph.inputs.push_back(id);
  return {id};
}

GraphBuilder::Value GraphBuilder::constant(std::string name, Shape shape,
                                           std::span<const float> elements) {
  return {state_->graph.add_constant(std::move(name), Tensor::of(std::move(shape), elements))};
}

GraphBuilder::Value GraphBuilder::constant(std::string name, Shape shape,
                                           std::span<const std::int64_t> elements) {
  return {state_->graph.add_constant(std::move(name), Tensor::of(std::move(shape), elements))};
}

GraphBuilder::Value GraphBuilder::node(std::string_view op, std::vector<Value> inputs,
                                       Attributes attributes, std::string name) {
  return nodes(op, std::move(inputs), 1, std::move(attributes), std::move(name))[0];
}

std::vector<GraphBuilder::Value> GraphBuilder::nodes(std::string_view op, std::vector<Value> inputs,
                                                     std::size_t outputs, Attributes attributes,
                                                     std::string name) {
  Graph& graph = state_->graph;
  Node node;
  node.name =
      name.empty() ? std::string(op) + "_" + std::to_string(graph.nodes.size()) : std::move(name);
  const std::optional<Op> known = op_from_name(op);
  if (!known || *known == Op::View) {
    throw Error(ErrorCode::unsupported,
                concat({"node '", node.name, "': operator '", op, "' is not known"}));
  }
  node.op = *known;
  for (const Value input : inputs) {
    if (input.id != kNone.id && input.id >= graph.values.size()) {
      throw Error(ErrorCode::invalid_argument,
                  concat({describe(node), ": an input is not a tensor of this graph"}));
    }
    node.inputs.push_back(input.id);
  }
  node.attributes = std::move(attributes);
  std::vector<Value> results;
  for (std::size_t i = 0; i < outputs; ++i) {
    octavo::Value value;
    value.name = i == 0 ? node.name : node.name + ":" + std::to_string(i);
    node.outputs.push_back(graph.add(std::move(value)));
    results.push_back({node.outputs.back()});
  }
  graph.nodes.push_back(std::move(node));
  return results;
}

void GraphBuilder::output(Value value, std::string name) {
  Graph& graph = state_->graph;
  if (value.id >= graph.values.size()) {
    throw Error(ErrorCode::invalid_argument,
                concat({"output '", name, "' is not a tensor of graph '", graph.name, "'"}));
  }
  const auto named_already = [&](ValueId id) {
    return graph.values[id].constant != nullptr || std::ranges::count(graph.inputs, id) > 0 ||
           std::ranges::count(graph.outputs, id) > 0;
  };
  if (named_already(value.id)) value = node("Identity", {value});
  graph.values[value.id].name = std::move(name);
  graph.outputs.push_back(value.id);
}

Model GraphBuilder::build() && {
  auto graph = std::make_shared<Graph>(std::move(state_->graph));
  state_.reset();
  return Model(std::move(graph));
}

}  // namespace octavo
