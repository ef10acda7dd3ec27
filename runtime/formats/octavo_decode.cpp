#include <optional>
#include <utility>
#include <vector>

#include "octavo/error.hpp"

#include "runtime/concat.hpp"
#include "runtime/context.hpp"
#include "runtime/formats/json.hpp"
#include "runtime/formats/octavo_attribute.hpp"
#include "runtime/formats/octavo_file.hpp"
#include "runtime/formats/octavo_ranges.hpp"
#include "runtime/graph/range_settings.hpp"

namespace octavo::formats {
namespace {

constexpr int kMaxDepth = 6;

[[noreturn]] void malformed(const std::string& text) {
  throw Error(ErrorCode::malformed_file, text);
}

DataType type_from(const std::string& name) {
  for (const DataType type :
       {DataType::float32, DataType::float64, DataType::float16, DataType::int8, DataType::uint8,
        DataType::int16, DataType::uint16, DataType::int32, DataType::uint32, DataType::int64,
        DataType::uint64, DataType::boolean}) {
    if (to_string(type) == name) return type;
  }
  throw Error(ErrorCode::unsupported, concat({"type '", name, "' is not supported"}));
}

/// Builds a graph from its JSON: names become ids, in the order of the file.
class Decoder {
 public:
  explicit Decoder(const Safetensors& file) : file_(file) {}

  Graph decode(const Json::Object& root) {
    require_members(root, {"version", "name", "inputs", "outputs", "nodes"});
    graph_.name = json_string(json_member(root, "name"), "name");
    for (const auto& [name, tensor] : file_.tensors) {
      define(name, graph_.add_constant(name, tensor));
    }
    for (const Json& input : json_list(json_member(root, "inputs"), "inputs")) add_input(input);
    std::size_t position = 0;
    for (const Json& node : json_list(json_member(root, "nodes"), "nodes")) {
      in_context([&] { return describe_entry(node, position); }, [&] { add_node(node); });
      ++position;
    }
    for (const Json& output : json_list(json_member(root, "outputs"), "outputs")) {
      graph_.outputs.push_back(resolve(json_string(output, "an output")));
    }
    return std::move(graph_);
  }

 private:
  static std::string describe_entry(const Json& node, std::size_t position) {
    if (const Json::Object* const members = node.get_if<Json::Object>()) {
      const auto name = members->find("name");
      const auto* const text =
          name != members->end() ? name->second.get_if<std::string>() : nullptr;
      if (text != nullptr) return concat({"node '", *text, "'"});
    }
    return concat({"node number ", position});
  }

  void define(const std::string& name, ValueId id) {
    if (name.empty()) malformed("a tensor has no name");
    if (!ids_.emplace(name, id).second) malformed(concat({"tensor '", name, "' is defined twice"}));
  }

  ValueId resolve(const std::string& name) const {
    const auto found = ids_.find(name);
    if (found == ids_.end()) {
      throw Error(ErrorCode::invalid_graph,
                  concat({"tensor '", name,
                          "' is not in the file, an input, or the output of "
                          "an earlier node"}));
    }
    return found->second;
  }

  ValueId add_value(Value value) {
    const std::string name = value.name;
    const ValueId id = graph_.add(std::move(value));
    define(name, id);
    return id;
  }

  void add_input(const Json& input) {
    const Json::Object& members = json_object(input, "an input");
    require_members(members, {"name", "type", "shape"});
    Value value;
    value.name = json_string(json_member(members, "name"), "an input's name");
    value.type = type_from(json_string(json_member(members, "type"), "an input's type"));
    for (const Json& extent : json_list(json_member(members, "shape"), "an input's shape")) {
      value.shape.push_back(json_integer(extent, "a dimension"));
    }
    graph_.inputs.push_back(add_value(std::move(value)));
  }

  void add_node(const Json& entry) {
    const Json::Object& members = json_object(entry, "its entry");
    require_members(members, {"op", "name", "inputs", "outputs", "attributes"});
    const std::string& op = json_string(json_member(members, "op"), "op");
    const std::optional<Op> known = op_from_name(op);
    // View is what the planner makes of others; its shape holds for bound dimensions only.
    if (!known || *known == Op::View) {
      throw Error(ErrorCode::unsupported, concat({"operator '", op, "' is not known"}));
    }
    Node node;
    node.op = *known;
    node.name = json_string(json_member(members, "name"), "name");
    for (const Json& input : json_list(json_member(members, "inputs"), "inputs")) {
      const std::string& name = json_string(input, "an input");
      node.inputs.push_back(name.empty() ? kNoValue : resolve(name));
    }
    for (const auto& [name, value] :
         json_object(json_member(members, "attributes"), "attributes")) {
      in_context([&name = name] { return "attribute '" + name + "'"; },
                 [&, &name = name, &value = value] {
                   node.attributes.emplace(name, decode_attribute(value));
                 });
    }
    for (const Json& output : json_list(json_member(members, "outputs"), "outputs")) {
      Value value;
      value.name = json_string(output, "an output");
      node.outputs.push_back(add_value(std::move(value)));
    }
    graph_.nodes.push_back(std::move(node));
  }

  const Safetensors& file_;
  Graph graph_;
  std::map<std::string, ValueId, std::less<>> ids_;
};

}  // namespace

Graph decode_graph(const Safetensors& file) {
  const auto text = file.metadata.find(kGraphKey);
  if (text == file.metadata.end()) {
    malformed(std::string("a .safetensors file without the metadata '") + kGraphKey +
              "': it holds tensors, but no model");
  }
  const auto decode = [&] {
    const Json document = parse_json(text->second, kMaxDepth);
    const Json::Object& root = json_object(document, "it");
    const std::int64_t version = json_integer(json_member(root, "version"), "version");
    if (version != kGraphVersion) {
      throw Error(ErrorCode::unsupported,
                  concat({"version ", version, " is not supported, expected ", kGraphVersion}));
    }
    return Decoder(file).decode(root);
  };
  Graph graph = in_context([] { return std::string(kGraphKey); }, decode);
  graph.range_settings = decode_range_settings(file.metadata);
  check_range_settings(graph, ErrorCode::malformed_file);
  return graph;
}

}  // namespace octavo::formats
