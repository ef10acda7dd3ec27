#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "octavo/error.hpp"

#include "runtime/concat.hpp"
#include "runtime/formats/json.hpp"
#include "runtime/formats/octavo_attribute.hpp"
#include "runtime/formats/octavo_file.hpp"
#include "runtime/formats/octavo_ranges.hpp"

namespace octavo::formats {
namespace {

using nlohmann::json;

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
    json root = {{"version", kGraphVersion}, {"name", graph_.name}};
    root["inputs"] = json::array();
    for (const ValueId id : graph_.inputs) {
      const Value& value = graph_.values[id];
      root["inputs"].push_back(
          {{"name", value.name}, {"type", to_string(value.type)}, {"shape", value.shape}});
    }
    root["nodes"] = json::array();
    for (const Node& node : graph_.nodes) root["nodes"].push_back(encode_node(node));
    root["outputs"] = references(graph_.outputs);
    file_.metadata[kGraphKey] = to_text(root);
    encode_range_settings(graph_.range_settings, file_.metadata);
    return std::move(file_);
  }

 private:
  json references(const std::vector<ValueId>& ids) {
    json result = json::array();
    for (const ValueId id : ids) result.push_back(reference(id));
    return result;
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

  json encode_node(const Node& node) {
    json attributes = json::object();
    for (const auto& [name, value] : node.attributes) attributes[name] = encode_attribute(value);
    return {{"op", to_string(node.op)},
            {"name", node.name},
            {"inputs", references(node.inputs)},
            {"outputs", references(node.outputs)},
            {"attributes", std::move(attributes)}};
  }

  const Graph& graph_;
  Namer names_;
  Safetensors file_;
};

}  // namespace

Safetensors encode_graph(const Graph& graph) {
  return Encoder(graph).encode();
}

}  // namespace octavo::formats
