#include "benchmarks/peers/onnx_writer.hpp"

#include <cstdint>
#include <set>
#include <variant>
#include <vector>

#include <protozero/pbf_writer.hpp>

#include "octavo/error.hpp"

#include "runtime/graph/graph.hpp"

namespace octavo::bench {
namespace {

using protozero::pbf_writer;

constexpr std::int64_t kIrVersion = 8;
constexpr std::int64_t kOpset = 17;

/// TensorProto.DataType of the types that GraphBuilder makes constants of, and of inputs.
std::int32_t onnx_type(DataType type) {
  if (type == DataType::float32) return 1;
  if (type == DataType::int64) return 7;
  throw Error(ErrorCode::unsupported, "no ONNX type for " + std::string(to_string(type)));
}

/// Writes the fields of an AttributeProto that hold the value and its type.
struct ValueWriter {
  pbf_writer& message;

  void operator()(float value) const { write_type(1), message.add_float(2, value); }
  void operator()(std::int64_t value) const { write_type(2), message.add_int64(3, value); }
  void operator()(const std::string& value) const { write_type(3), message.add_string(4, value); }
  void operator()(const std::vector<float>& values) const {
    write_type(6);
    for (const float value : values) message.add_float(7, value);
  }
  void operator()(const std::vector<std::int64_t>& values) const {
    write_type(7);
    for (const std::int64_t value : values) message.add_int64(8, value);
  }
  void write_type(std::int32_t type) const { message.add_enum(20, type); }
};

/// Writes a GraphProto. The field numbers are those of onnx.proto.
class GraphWriter {
 public:
  GraphWriter(const Graph& graph, const ShapeBindings& shapes, std::string& buffer)
      : graph_(graph), shapes_(shapes), message_(buffer) {
    named_.insert(graph.inputs.begin(), graph.inputs.end());
    named_.insert(graph.outputs.begin(), graph.outputs.end());
  }

  void write() {
    for (const Node& node : graph_.nodes) write_node(node);
    message_.add_string(2, graph_.name);
    for (ValueId id = 0; id < graph_.values.size(); ++id) {
      if (graph_.values[id].constant != nullptr) write_constant(id);
    }
    for (const ValueId id : graph_.inputs) {
      const Value& value = graph_.values[id];
      const auto bound = shapes_.find(value.name);
      write_value_info(11, id, bound == shapes_.end() ? &value.shape : &bound->second);
    }
    for (const ValueId id : graph_.outputs) write_value_info(12, id, nullptr);
  }

 private:
  /// Inputs and outputs keep their names; others need one that nothing else has.
  [[nodiscard]] std::string name(ValueId id) const {
    if (id == kNoValue) return {};
    const std::string& given = graph_.values[id].name;
    return named_.contains(id) ? given : given + "#" + std::to_string(id);
  }

  void write_node(const Node& node) {
    pbf_writer message(message_, 1);
    for (const ValueId id : node.inputs) message.add_string(1, name(id));
    for (const ValueId id : node.outputs) message.add_string(2, name(id));
    message.add_string(3, node.name);
    message.add_string(4, std::string(to_string(node.op)));
    for (const auto& [key, value] : node.attributes) {
      pbf_writer attribute(message, 5);
      attribute.add_string(1, key);
      std::visit(ValueWriter{attribute}, value);
    }
  }

  void write_constant(ValueId id) {
    const Tensor& tensor = *graph_.values[id].constant;
    pbf_writer message(message_, 5);
    for (const std::int64_t extent : tensor.shape) message.add_int64(1, extent);
    message.add_enum(2, onnx_type(tensor.type));
    message.add_string(8, name(id));
    message.add_bytes(9, reinterpret_cast<const char*>(tensor.data()), tensor.bytes());
  }

  /// Without a shape the reader has to infer it.
  void write_value_info(std::uint32_t field, ValueId id, const Shape* shape) {
    pbf_writer message(message_, field);
    message.add_string(1, name(id));
    pbf_writer type(message, 2);
    pbf_writer tensor(type, 1);
    tensor.add_enum(1, onnx_type(graph_.values[id].type));
    if (shape == nullptr) return;
    pbf_writer dimensions(tensor, 2);
    for (const std::int64_t extent : *shape) pbf_writer(dimensions, 1).add_int64(1, extent);
  }

  const Graph& graph_;
  const ShapeBindings& shapes_;
  pbf_writer message_;
  std::set<ValueId> named_;
};

}  // namespace

std::string to_onnx(const Model& model, const ShapeBindings& shapes) {
  std::string graph;
  GraphWriter(*model.graph(), shapes, graph).write();
  std::string file;
  pbf_writer message(file);
  message.add_int64(1, kIrVersion);
  message.add_string(2, "octavo");
  message.add_message(7, graph);
  pbf_writer(message, 8).add_int64(2, kOpset);
  return file;
}

}  // namespace octavo::bench
