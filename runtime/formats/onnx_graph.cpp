#include "runtime/formats/onnx_graph.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "runtime/concat.hpp"
#include "runtime/context.hpp"
#include "runtime/formats/onnx_microsoft.hpp"
#include "runtime/formats/onnx_model.hpp"
#include "runtime/formats/onnx_node.hpp"
#include "runtime/formats/onnx_opset.hpp"
#include "runtime/formats/onnx_tensor.hpp"
#include "runtime/formats/onnx_wire.hpp"

namespace octavo::formats {
namespace {

[[noreturn]] void invalid(const std::string& text) {
  throw Error(ErrorCode::invalid_graph, text);
}

/// Builds the canonical graph of a model: names become ids, in the order of the file.
class Builder {
 public:
  Builder(OnnxModel model, std::shared_ptr<const void> owner)
      : model_(std::move(model)), owner_(std::move(owner)) {}

  Graph build() {
    graph_.name = model_.name;
    find_read_tensors();
    for (const std::string_view message : model_.initializers) add_initializer(message);
    for (OnnxInput& input : model_.inputs) add_input(input);
    for (OnnxNode& node : model_.nodes) {
      in_context([&] { return describe(node); }, [&] { add_node(node); });
    }
    for (const std::string& name : model_.outputs) add_output(name);
    return std::move(graph_);
  }

 private:
  void find_read_tensors() {
    for (const OnnxNode& node : model_.nodes) read_.insert(node.inputs.begin(), node.inputs.end());
    read_.insert(model_.outputs.begin(), model_.outputs.end());
  }

  void define(const std::string& name, ValueId id) {
    if (name.empty()) invalid("a tensor has no name");
    if (!ids_.emplace(name, id).second) invalid(concat({"tensor '", name, "' is defined twice"}));
  }

  void add_initializer(std::string_view message) {
    OnnxTensor initializer = read_onnx_tensor(message, owner_);
    const std::string name = initializer.name;
    define(name, graph_.add_constant(name, std::move(initializer.tensor)));
  }

  /// Before IR version 4, initializers are listed as inputs too; since then, such a value is a
  /// default, which Octavo takes.
  void add_input(OnnxInput& input) {
    const auto known = ids_.find(input.name);
    if (known != ids_.end() && graph_.values[known->second].constant != nullptr) return;
    Value value;
    value.name = input.name;
    in_context([&] { return "input '" + input.name + "'"; },
               [&] {
                 const OnnxTensorType type = read_tensor_type(input.type);
                 value.type = type.element;
                 value.shape = type.shape;
               });
    const ValueId id = graph_.add(std::move(value));
    define(input.name, id);
    graph_.inputs.push_back(id);
  }

  void add_output(const std::string& name) {
    const auto found = ids_.find(name);
    if (found == ids_.end()) {
      invalid(
          concat({"output '", name, "' is not an input, an initializer or the output of a node"}));
    }
    graph_.outputs.push_back(found->second);
  }

  ValueId resolve(const std::string& name) const {
    if (name.empty()) return kNoValue;
    const auto found = ids_.find(name);
    if (found != ids_.end()) return found->second;
    const auto produces = [&](const OnnxNode& node) {
      return std::ranges::find(node.outputs, name) != node.outputs.end();
    };
    const auto later = std::ranges::find_if(model_.nodes, produces);
    if (later == model_.nodes.end())
      invalid(concat({"reads tensor '", name, "', which nothing defines"}));
    invalid(concat({"reads tensor '", name, "' before ", describe(*later),
                    " defines it: nodes are out of order, or form a cycle"}));
  }

  void add_node(OnnxNode& source) {
    const bool standard = source.domain.empty() || source.domain == "ai.onnx";
    const OpsetRule* const microsoft =
        source.domain == "com.microsoft" ? find_microsoft_rule(source.op_type) : nullptr;
    if (!standard && microsoft == nullptr) {
      throw Error(ErrorCode::unsupported, concat({"operator ", source.op_type, " of domain '",
                                                  source.domain, "' is not supported"}));
    }
    if (source.op_type == "Constant") {
      add_constant_node(source);
      return;
    }
    if (source.op_type == "If") {
      add_branch(source);
      return;
    }
    const OpsetRule& rule =
        microsoft != nullptr ? *microsoft : find_opset_rule(source, model_.opset);
    read_onnx_attributes(source, owner_);
    const std::function<ValueId(const std::string&)> define_output = [&](const std::string& name) {
      return add_result(source, name);
    };
    Translation translation{source, model_.opset, graph_, is_read_, define_output, {}, {}};
    for (const std::string& name : source.inputs) {
      translation.node.inputs.push_back(resolve(name));
    }
    apply_opset_rule(rule, translation);
    for (const std::string& name : translation.outputs) {
      translation.node.outputs.push_back(add_result(source, name));
    }
    graph_.nodes.push_back(std::move(translation.node));
  }

  /// An output that nobody wants has no name.
  ValueId add_result(const OnnxNode& source, const std::string& name) {
    Value value;
    value.name = name.empty() ? source.name + ":unused" : name;
    const ValueId id = graph_.add(std::move(value));
    if (!name.empty()) define(name, id);
    return id;
  }

  void add_constant_node(OnnxNode& source) {
    if (source.outputs.size() != 1 || !source.inputs.empty()) {
      invalid(concat({"has ", source.inputs.size(), " inputs and ", source.outputs.size(),
                      " outputs, expected 0 and 1"}));
    }
    read_onnx_attributes(source, owner_);
    const std::string& name = source.outputs[0];
    define(name, graph_.add_constant(name, value_of_constant(source)));
  }

  /// An If whose condition is a constant becomes the nodes of the branch that it takes.
  void add_branch(OnnxNode& source) {
    constexpr std::size_t kDeepest = 8;
    read_onnx_attributes(source, owner_);
    if (source.inputs.size() != 1) invalid("has no single condition");
    const auto& condition = graph_.values[resolve(source.inputs[0])].constant;
    if (condition == nullptr || condition->type != DataType::boolean ||
        element_count(condition->shape) != 1) {
      throw Error(ErrorCode::unsupported, concat({"its condition '", source.inputs[0],
                                                  "' is not a constant of the model"}));
    }
    const char* const name = condition->as<bool>()[0] ? "then_branch" : "else_branch";
    const auto branch = source.graphs.find(name);
    if (branch == source.graphs.end()) invalid(concat({"attribute '", name, "' is missing"}));
    if (++depth_ > kDeepest) {
      throw Error(ErrorCode::limit_exceeded, "more than 8 branches lie inside each other");
    }
    OnnxModel part;
    read_onnx_graph(branch->second, part);
    if (part.outputs.size() != source.outputs.size()) invalid("its branch has other outputs");
    for (const std::string_view message : part.initializers) add_initializer(message);
    for (OnnxNode& node : part.nodes) {
      in_context([&] { return describe(node); }, [&] { add_node(node); });
    }
    for (std::size_t i = 0; i < part.outputs.size(); ++i) {
      Node copy;
      copy.op = Op::Identity;
      copy.name = source.name + "/" + part.outputs[i];
      copy.inputs = {resolve(part.outputs[i])};
      copy.outputs = {add_result(source, source.outputs[i])};
      graph_.nodes.push_back(std::move(copy));
    }
    --depth_;
  }

  OnnxModel model_;
  std::shared_ptr<const void> owner_;
  Graph graph_;
  std::size_t depth_ = 0;  ///< of the branch being read
  std::map<std::string, ValueId, std::less<>> ids_;
  std::set<std::string, std::less<>> read_;
  std::function<bool(const std::string&)> is_read_ = [this](const std::string& name) {
    return read_.contains(name);
  };
};

}  // namespace

Graph load_onnx(std::string_view file, const std::shared_ptr<const void>& owner) {
  try {
    return Builder(read_onnx_model(file), owner).build();
  } catch (const protozero::exception& error) {
    throw Error(ErrorCode::malformed_file,
                concat({"not an ONNX model, or a damaged one: ", error.what()}));
  }
}

}  // namespace octavo::formats
