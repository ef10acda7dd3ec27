#include "runtime/graph/check.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "runtime/concat.hpp"
#include "runtime/ops/operator.hpp"

namespace octavo {
namespace {

/// More dimensions than any operator here gives a meaning to.
constexpr std::size_t kMaxRank = 8;

[[noreturn]] void fail(const std::string& text) {
  throw Error(ErrorCode::invalid_graph, text);
}

void check_shape(const Value& value, bool free_allowed) {
  if (value.shape.size() > kMaxRank) {
    throw Error(ErrorCode::limit_exceeded,
                concat({"tensor '", value.name, "' has ", value.shape.size(),
                        " dimensions; at most 8 are supported"}));
  }
  Shape known = value.shape;
  for (std::int64_t& extent : known) {
    if (extent == -1 && free_allowed) extent = 1;
    if (extent < 0) {
      fail(concat({"tensor '", value.name, "' has the impossible shape ", value.shape}));
    }
  }
  (void)element_count(known);
}

class Checker {
 public:
  explicit Checker(const Graph& graph) : graph_(graph), defined_(graph.values.size(), false) {}

  void run() {
    for (std::size_t i = 0; i < graph_.values.size(); ++i) define_constant(i);
    check_inputs();
    for (const Node& node : graph_.nodes) check_node(node);
    check_outputs();
  }

 private:
  void define_constant(std::size_t id) {
    const Value& value = graph_.values[id];
    if (value.constant == nullptr) return;
    check_shape(value, false);
    if (value.constant->type != value.type || value.constant->shape != value.shape) {
      fail(concat({"constant '", value.name, "' differs from its declared type or shape"}));
    }
    defined_[id] = true;
  }

  void check_inputs() {
    std::set<std::string_view> names;
    for (const ValueId id : graph_.inputs) {
      require_id(id, "an input of the model");
      const Value& value = graph_.values[id];
      if (value.constant != nullptr) fail(concat({"input '", value.name, "' is a constant"}));
      if (!names.insert(value.name).second)
        fail(concat({"two inputs are named '", value.name, "'"}));
      check_shape(value, true);
      defined_[id] = true;
    }
  }

  void check_outputs() {
    if (graph_.outputs.empty()) fail(concat({"model '", graph_.name, "' has no outputs"}));
    std::set<std::string_view> names;
    for (const ValueId id : graph_.outputs) {
      require_id(id, "an output of the model");
      const Value& value = graph_.values[id];
      if (!names.insert(value.name).second)
        fail(concat({"two outputs are named '", value.name, "'"}));
      if (!defined_[id]) fail(concat({"output '", value.name, "' is not computed by any node"}));
    }
  }

  void check_node(const Node& node) {
    const Operator& op = operator_of(node.op);
    const auto count = [&](std::size_t found, std::size_t low, std::size_t high, const char* what) {
      if (found >= low && found <= high) return;
      const std::string most = high == SIZE_MAX ? "or more" : "to " + std::to_string(high);
      fail(describe(node) + ": " + std::to_string(found) + " " + what + ", expected " +
           std::to_string(low) + " " + most);
    };
    count(node.inputs.size(), op.min_inputs, op.max_inputs, "inputs");
    count(node.outputs.size(), 1, op.max_outputs, "outputs");
    for (std::size_t i = 0; i < node.inputs.size(); ++i) check_input(node, op, i);
    for (const auto& [name, attribute] : node.attributes) {
      if (std::ranges::find(op.attributes, std::string_view(name)) == op.attributes.end()) {
        throw Error(ErrorCode::unsupported,
                    concat({describe(node), ": attribute '", name, "' is not supported"}));
      }
    }
    for (const ValueId id : node.outputs) {
      if (id == kNoValue) continue;
      require_id(id, describe(node));
      if (defined_[id])
        fail(describe(node) + ": '" + graph_.values[id].name + "' is defined twice");
      defined_[id] = true;
    }
    if (node.outputs[0] == kNoValue) fail(describe(node) + ": its first output has no name");
  }

  void check_input(const Node& node, const Operator& op, std::size_t index) {
    const ValueId id = node.inputs[index];
    if (id == kNoValue) {
      if (index < op.min_inputs) {
        fail(describe(node) + ": input " + std::to_string(index) + " is missing");
      }
      return;
    }
    require_id(id, describe(node));
    if (!defined_[id]) {
      fail(describe(node) + ": reads '" + graph_.values[id].name +
           "', which is not an input, a constant or the output of an earlier node");
    }
  }

  void require_id(ValueId id, const std::string& where) const {
    if (id >= graph_.values.size()) fail(where + ": refers to a tensor that does not exist");
  }

  const Graph& graph_;
  std::vector<bool> defined_;
};

}  // namespace

void check(const Graph& graph) {
  Checker(graph).run();
}

}  // namespace octavo
