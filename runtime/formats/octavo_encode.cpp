#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "octavo/error.hpp"

#include "runtime/concat.hpp"
#include "runtime/formats/json_writer.hpp"
#include "runtime/formats/octavo_attribute.hpp"
#include "runtime/formats/octavo_file.hpp"
#include "runtime/formats/octavo_ranges.hpp"

namespace octavo::formats {
namespace {

/// Gives every value that the file will hold a name of its own.
class Namer {
 public:
  explicit Namer(const Graph& graph) : graph_(graph), names_(graph.values.size()) {
    for (const ValueId id : graph.inputs) keep(id);
    for (const ValueId id : graph.outputs) keep(id);
  }

  /// Names of inputs and outputs stay as they are.
  std::string name(ValueId id) {
    if (names_[id].empty()) {
      const std::string& wanted = graph_.values[id].name;
      std::string candidate = wanted;
      while (candidate.empty() || !taken_.insert(candidate).second) {
        candidate = wanted + "#" + std::to_string(++repeats_[wanted]);
      }
      names_[id] = std::move(candidate);
    }
    return names_[id];
  }

 private:
  void keep(ValueId id) {
    const std::string& name = graph_.values[id].name;
    if (names_[id] == name && !name.empty()) return;
    if (name.empty() || !taken_.insert(name).second) {
      throw Error(ErrorCode::invalid_graph,
                  concat({"an input or output cannot be saved under the name '", name, "'"}));
    }
    names_[id] = name;
  }

  const Graph& graph_;
  std::vector<std::string> names_;
  std::set<std::string> taken_ = {"__metadata__"};  // which .safetensors gives a meaning
  std::map<std::string, int> repeats_;
};

class Encoder {
 public:
  explicit Encoder(const Graph& graph) : graph_(graph), names_(graph) {}

  Safetensors encode() {
    json_.begin_object();
    json_.name("inputs").begin_list();
    for (const ValueId id : graph_.inputs) encode_input(graph_.values[id]);
    json_.end_list();
    json_.name("name").value(graph_.name);
    json_.name("nodes").begin_list();
    for (const Node& node : graph_.nodes) encode_node(node);
    json_.end_list();
    encode_references("outputs", graph_.outputs);
    json_.name("version").value(kGraphVersion);
    json_.end_object();
    file_.metadata[kGraphKey] = json_.text();
    encode_range_settings(graph_.range_settings, file_.metadata);
    return std::move(file_);
  }

 private:
  void encode_input(const Value& value) {
    json_.begin_object();
    json_.name("name").value(value.name);
    json_.name("shape").value(value.shape);
    json_.name("type").value(to_string(value.type));
    json_.end_object();
  }

  void encode_node(const Node& node) {
    json_.begin_object();
    json_.name("attributes").begin_object();
    for (const auto& [name, value] : node.attributes) encode_attribute(value, json_.name(name));
    json_.end_object();
    encode_references("inputs", node.inputs);
    json_.name("name").value(node.name);
    json_.name("op").value(to_string(node.op));
    encode_references("outputs", node.outputs);
    json_.end_object();
  }

  void encode_references(std::string_view name, const std::vector<ValueId>& ids) {
    json_.name(name).begin_list();
    for (const ValueId id : ids) json_.value(reference(id));
    json_.end_list();
  }

  std::string reference(ValueId id) {
    if (id == kNoValue) return {};
    const Value& value = graph_.values[id];
    const std::string name = names_.name(id);
    if (value.shape_dependent) {
      throw Error(ErrorCode::invalid_graph,
                  concat({"tensor '", name,
                          "' was computed for one shape of the inputs; save the model "
                          "before its shapes are bound"}));
    }
    if (value.constant != nullptr) file_.tensors.emplace(name, *value.constant);
    return name;
  }

  const Graph& graph_;
  Namer names_;
  JsonWriter json_;
  Safetensors file_;
};

}  // namespace

Safetensors encode_graph(const Graph& graph) {
  return Encoder(graph).encode();
}

}  // namespace octavo::formats
