#include "runtime/formats/onnx_translation.hpp"

#include <span>

#include "octavo/error.hpp"

namespace octavo::formats {

void Translation::refuse(const std::string& what) {
  throw Error(ErrorCode::unsupported, what);
}

void Translation::malformed(const std::string& what) {
  throw Error(ErrorCode::malformed_file, what);
}

std::int64_t Translation::take_integer(std::string_view name, std::int64_t otherwise) {
  const auto value = take<std::int64_t>(name);
  return value ? *value : otherwise;
}

void Translation::drop(std::string_view name) {
  const auto found = node.attributes.find(name);
  if (found != node.attributes.end()) node.attributes.erase(found);
}

void Translation::require_inputs(std::size_t low, std::size_t high) const {
  const std::size_t found = node.inputs.size();
  if (found >= low && found <= high) return;
  malformed(std::to_string(found) + " inputs, opset " + std::to_string(opset) + " has " +
            std::to_string(low) + (low == high ? "" : " to " + std::to_string(high)));
}

ValueId Translation::add_constant(std::string_view role, Tensor tensor) const {
  return graph.add_constant(node.name + "/" + std::string(role), std::move(tensor));
}

ValueId Translation::add_integers(std::string_view role,
                                  const std::vector<std::int64_t>& elements) const {
  return add_constant(role, Tensor::of<std::int64_t>({static_cast<std::int64_t>(elements.size())},
                                                     std::span(elements)));
}

ValueId Translation::add_scalar(std::string_view role, float element) const {
  return add_constant(role, Tensor::of<float>({}, std::span<const float>(&element, 1)));
}

ValueId Translation::add_node(Op op, std::string_view role, std::vector<ValueId> inputs) const {
  Node earlier;
  earlier.op = op;
  earlier.name = node.name + "/" + std::string(role);
  earlier.inputs = std::move(inputs);
  Value output;
  output.name = earlier.name;
  const ValueId id = graph.add(std::move(output));
  earlier.outputs = {id};
  graph.nodes.push_back(std::move(earlier));
  return id;
}

void Translation::add_output_node(Op op, const std::string& output, std::vector<ValueId> inputs,
                                  Attributes attributes) const {
  Node earlier;
  earlier.op = op;
  earlier.name = node.name + "/" + output;
  earlier.inputs = std::move(inputs);
  earlier.outputs = {define_output(output)};
  earlier.attributes = std::move(attributes);
  graph.nodes.push_back(std::move(earlier));
}

const Tensor* Translation::constant_input(std::size_t index) const {
  if (index >= node.inputs.size() || node.inputs[index] == kNoValue) return nullptr;
  return graph.values[node.inputs[index]].constant.get();
}

void Translation::drop_unread_outputs() {
  while (outputs.size() > 1 && !is_read(outputs.back())) outputs.pop_back();
}

void Translation::keep_first_output() {
  for (std::size_t i = 1; i < outputs.size(); ++i) {
    if (!outputs[i].empty() && is_read(outputs[i])) {
      refuse("output " + std::to_string(i) + " ('" + outputs[i] +
             "') is used, only output 0 is supported");
    }
  }
  if (outputs.size() > 1) outputs.resize(1);
}

}  // namespace octavo::formats
