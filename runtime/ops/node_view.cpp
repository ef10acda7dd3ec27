#include <algorithm>
#include <variant>

#include "runtime/concat.hpp"
#include "runtime/ops/operator.hpp"

namespace octavo {
namespace {

/// The attribute as a T; null when the node does not have it.
template <class T>
const T* find_attribute(const NodeView& view, std::string_view name, std::string_view expected) {
  const Attributes& attributes = view.node().attributes;
  const auto found = attributes.find(name);
  if (found == attributes.end()) return nullptr;
  const T* value = std::get_if<T>(&found->second);
  if (value == nullptr) {
    view.fail(ErrorCode::invalid_graph, concat({"attribute '", name, "' is not ", expected}));
  }
  return value;
}

}  // namespace

bool NodeView::has_input(std::size_t index) const {
  return index < node_->inputs.size() && node_->inputs[index] != kNoValue;
}

const Value& NodeView::input(std::size_t index) const {
  if (!has_input(index)) {
    fail(ErrorCode::invalid_graph, concat({"input ", index, " is missing"}));
  }
  return graph_->values[node_->inputs[index]];
}

bool NodeView::has_output(std::size_t index) const {
  return index < node_->outputs.size() && node_->outputs[index] != kNoValue;
}

const Value& NodeView::output(std::size_t index) const {
  if (!has_output(index)) {
    fail(ErrorCode::invalid_graph, concat({"output ", index, " is missing"}));
  }
  return graph_->values[node_->outputs[index]];
}

const Tensor* NodeView::constant(std::size_t index) const {
  return has_input(index) ? input(index).constant.get() : nullptr;
}

const Tensor& NodeView::require_constant(std::size_t index, std::string_view what) const {
  const Value& value = input(index);
  if (value.constant == nullptr) {
    fail(ErrorCode::unsupported,
         concat({what, " ('", value.name,
                 "') is computed while running, but must be known beforehand"}));
  }
  return *value.constant;
}

std::vector<std::int64_t> NodeView::require_integers(std::size_t index,
                                                     std::string_view what) const {
  const Tensor& tensor = require_constant(index, what);
  if (tensor.shape.size() > 1) {
    fail(ErrorCode::invalid_graph,
         concat({what, " has shape ", tensor.shape, ", expected one dimension"}));
  }
  if (tensor.type == DataType::int64) {
    const auto elements = tensor.as<std::int64_t>();
    return {elements.begin(), elements.end()};
  }
  if (tensor.type == DataType::int32) {
    const auto elements = tensor.as<std::int32_t>();
    return {elements.begin(), elements.end()};
  }
  fail(ErrorCode::invalid_graph,
       concat({what, " is of type ", to_string(tensor.type), ", expected int64 or int32"}));
}

std::int64_t NodeView::integer(std::string_view attribute, std::int64_t otherwise) const {
  const auto* value = find_attribute<std::int64_t>(*this, attribute, "an integer");
  return value != nullptr ? *value : otherwise;
}

float NodeView::real(std::string_view attribute, float otherwise) const {
  const auto* value = find_attribute<float>(*this, attribute, "a real number");
  return value != nullptr ? *value : otherwise;
}

std::string NodeView::text(std::string_view attribute, std::string_view otherwise) const {
  const auto* value = find_attribute<std::string>(*this, attribute, "a text");
  return value != nullptr ? *value : std::string(otherwise);
}

std::vector<std::int64_t> NodeView::integers(std::string_view attribute,
                                             std::vector<std::int64_t> otherwise) const {
  const auto* value =
      find_attribute<std::vector<std::int64_t>>(*this, attribute, "a list of integers");
  return value != nullptr ? *value : std::move(otherwise);
}

bool NodeView::has_attribute(std::string_view attribute) const {
  return node_->attributes.contains(attribute);
}

std::uint64_t NodeView::macs() const {
  const std::uint64_t outputs = element_count(output(0).shape);
  if (node_->op == Op::Conv || node_->op == Op::Linear) {
    const Shape& weight = shape(1);
    return outputs * (element_count(weight) / static_cast<std::uint64_t>(weight[0]));
  }
  if (node_->op == Op::MatMul || node_->op == Op::Gemm) {
    const Shape& a = shape(0);
    const bool transposed = integer("transA", 0) != 0;
    return outputs * static_cast<std::uint64_t>(transposed ? a[0] : a.back());
  }
  return 0;
}

std::size_t NodeView::axis(std::int64_t axis, std::size_t rank) const {
  const auto signed_rank = static_cast<std::int64_t>(rank);
  if (axis < -signed_rank || axis >= signed_rank) {
    fail(ErrorCode::invalid_graph,
         concat({"axis ", axis, " does not exist in ", rank, " dimensions"}));
  }
  return static_cast<std::size_t>(axis < 0 ? axis + signed_rank : axis);
}

void NodeView::require_type(std::size_t index, DataType type) const {
  const Value& value = input(index);
  if (value.type != type) {
    fail(ErrorCode::unsupported, concat({"input ", index, " ('", value.name, "') is of type ",
                                         to_string(value.type), ", expected ", to_string(type)}));
  }
}

void NodeView::require_rank(std::size_t index, std::size_t rank) const {
  const Value& value = input(index);
  if (value.shape.size() != rank) {
    fail(ErrorCode::invalid_graph, concat({"input ", index, " ('", value.name, "') has shape ",
                                           value.shape, ", expected ", rank, " dimensions"}));
  }
}

void NodeView::fail(ErrorCode code, const std::string& text) const {
  throw Error(code, describe(*node_) + ": " + text);
}

void InferContext::set_output(std::size_t index, DataType type, Shape shape) {
  static_cast<void>(output(index));
  try {
    static_cast<void>(element_count(shape));
  } catch (const Error& error) {
    fail(error.code(), "output " + std::to_string(index) + ": " + error.what());
  }
  Value& value = writable_->values[node_->outputs[index]];
  value.type = type;
  value.shape = std::move(shape);
}

}  // namespace octavo
