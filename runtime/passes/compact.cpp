#include <set>
#include <string>
#include <utility>

#include "runtime/passes/passes.hpp"

namespace octavo::passes {

void compact(Graph& graph) {
  std::vector<Value> old = std::exchange(graph.values, {});
  std::vector<ValueId> renumbered(old.size(), kNoValue);
  std::set<std::string> names;
  // Inputs and outputs are named by the model; others give way.
  for (const auto* ids : {&graph.inputs, &graph.outputs}) {
    for (const ValueId id : *ids) names.insert(old[id].name);
  }
  std::set<ValueId> public_ids(graph.inputs.begin(), graph.inputs.end());
  public_ids.insert(graph.outputs.begin(), graph.outputs.end());

  const auto keep = [&](ValueId& id) {
    if (id == kNoValue) return;
    if (renumbered[id] == kNoValue) {
      Value& value = old[id];
      if (!public_ids.contains(id)) {
        const std::string base = value.name;
        for (int suffix = 1; !names.insert(value.name).second; ++suffix) {
          value.name = base + "_" + std::to_string(suffix);
        }
      }
      renumbered[id] = graph.add(std::move(value));
    }
    id = renumbered[id];
  };
  for (ValueId& id : graph.inputs) keep(id);
  for (Node& node : graph.nodes) {
    for (ValueId& id : node.inputs) keep(id);
    for (ValueId& id : node.outputs) keep(id);
  }
  for (ValueId& id : graph.outputs) keep(id);
}

}  // namespace octavo::passes
