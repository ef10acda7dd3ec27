#pragma once

#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "octavo/octavo.hpp"

#include "runtime/graph/graph.hpp"

/// Runs graphs of a single node, on tensors of any type.
namespace octavo::test {

struct HostTensor {
  DataType type = DataType::float32;
  Shape shape;
  std::vector<std::byte> bytes;

  template <class T>
  [[nodiscard]] std::vector<T> values() const {
    std::vector<T> result(bytes.size() / sizeof(T));
    if (!bytes.empty()) std::memcpy(result.data(), bytes.data(), bytes.size());
    return result;
  }
};

/// A tensor of T's bytes; `type` tells apart types of one size, such as boolean and uint8.
template <class T>
HostTensor host_tensor(Shape shape, const std::vector<T>& values,
                       DataType type = data_type_of<T>()) {
  const auto bytes = std::as_bytes(std::span(values));
  return {type, std::move(shape), {bytes.begin(), bytes.end()}};
}

/// An input of the node: fed while running, a constant of the graph, or left out.
struct Operand {
  enum class Kind { fed, constant, absent } kind = Kind::absent;
  HostTensor tensor;
};

template <class T>
Operand fed(Shape shape, const std::vector<T>& values) {
  return {Operand::Kind::fed, host_tensor(std::move(shape), values)};
}
template <class T>
Operand constant(Shape shape, const std::vector<T>& values) {
  return {Operand::Kind::constant, host_tensor(std::move(shape), values)};
}
inline Operand absent() {
  return {};
}
/// A constant list of integers, such as axes.
inline Operand integers(const std::vector<std::int64_t>& values) {
  return constant(Shape{static_cast<std::int64_t>(values.size())}, values);
}

/// Plans and runs the node; returns its outputs.
inline std::vector<HostTensor> run_node(std::string_view op, const std::vector<Operand>& operands,
                                        const Attributes& attributes = {}, std::size_t outputs = 1,
                                        std::size_t threads = 1) {
  auto graph = std::make_shared<Graph>();
  Node node;
  node.op = op_from_name(op).value();
  node.name = "tested";
  node.attributes = attributes;
  std::vector<const HostTensor*> inputs;
  for (const auto& [kind, tensor] : operands) {
    const std::string name = "operand" + std::to_string(node.inputs.size());
    if (kind == Operand::Kind::absent) {
      node.inputs.push_back(kNoValue);
    } else if (kind == Operand::Kind::constant) {
      node.inputs.push_back(
          graph->add_constant(name, Tensor::copy_of(tensor.type, tensor.shape, tensor.bytes)));
    } else {
      node.inputs.push_back(graph->add({name, tensor.type, tensor.shape, nullptr}));
      graph->inputs.push_back(node.inputs.back());
      inputs.push_back(&tensor);
    }
  }
  for (std::size_t i = 0; i < outputs; ++i) {
    node.outputs.push_back(
        graph->add({"result" + std::to_string(i), DataType::float32, {}, nullptr}));
    graph->outputs.push_back(node.outputs.back());
  }
  graph->nodes.push_back(std::move(node));

  Session session(Model(graph), {.precision = Precision::float32, .threads = threads});
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i]->bytes.empty()) {
      std::memcpy(session.input(i).raw(), inputs[i]->bytes.data(), inputs[i]->bytes.size());
    }
  }
  session.run();
  std::vector<HostTensor> results;
  for (std::size_t i = 0; i < outputs; ++i) {
    const TensorView view = session.output(i);
    const auto* data = static_cast<const std::byte*>(view.raw());
    results.push_back({view.type(), view.shape(), {data, data + view.bytes()}});
  }
  return results;
}

/// The text of the Error that the node causes; empty when it causes none.
inline std::string error_of(std::string_view op, const std::vector<Operand>& operands,
                            const Attributes& attributes = {}, std::size_t outputs = 1) {
  try {
    run_node(op, operands, attributes, outputs);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

inline bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// The largest absolute difference; infinite when the sizes differ or a NaN is on one side only.
inline double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  double largest = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]))) continue;
    const double difference = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    largest = difference >= largest ? difference : largest;
    if (std::isnan(difference)) return std::numeric_limits<double>::infinity();
  }
  return largest;
}

}  // namespace octavo::test
