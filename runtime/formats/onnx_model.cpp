#include "runtime/formats/onnx_model.hpp"

#include <optional>
#include <utility>

#include "octavo/error.hpp"

#include "runtime/concat.hpp"
#include "runtime/formats/onnx_opset.hpp"
#include "runtime/formats/onnx_tensor.hpp"
#include "runtime/formats/onnx_wire.hpp"

namespace octavo::formats {
namespace {

/// Of nodes, initializers, inputs and outputs each: far more than a small network has. What a file
/// of a given size can make this reader allocate stays small.
constexpr std::size_t kMaxEntries = 100'000;

[[noreturn]] void malformed(const std::string& text) {
  throw Error(ErrorCode::malformed_file, text);
}

[[noreturn]] void unsupported(const std::string& text) {
  throw Error(ErrorCode::unsupported, text);
}

/// An OperatorSetIdProto: stores the version when it is of the default domain.
void read_opset(std::string_view message, std::optional<std::int64_t>& opset) {
  std::string_view domain;
  std::int64_t version = 0;
  WireReader reader(message);
  while (reader.next()) {
    switch (reader.field()) {
      case 1:
        domain = reader.bytes();
        break;
      case 2:
        version = reader.integer();
        break;
      default:
        reader.skip();
    }
  }
  if (!domain.empty() && domain != "ai.onnx") return;
  if (opset && *opset != version) {
    malformed(concat({"imports opsets ", *opset, " and ", version, " of the same domain"}));
  }
  opset = version;
}

template <class T>
void append(std::vector<T>& entries, T entry, const char* what) {
  if (entries.size() == kMaxEntries) {
    throw Error(ErrorCode::limit_exceeded, concat({"more than ", kMaxEntries, " ", what}));
  }
  entries.push_back(std::move(entry));
}

OnnxInput read_value_info(std::string_view message) {
  OnnxInput result;
  WireReader reader(message);
  while (reader.next()) {
    switch (reader.field()) {
      case 1:
        result.name = reader.bytes();
        break;
      case 2:
        result.type = reader.bytes();
        break;
      default:
        reader.skip();
    }
  }
  return result;
}

/// A TensorShapeProto.Dimension.
std::int64_t read_dimension(std::string_view message) {
  std::int64_t extent = -1;
  WireReader reader(message);
  while (reader.next()) {
    if (reader.field() == 1) {
      extent = reader.integer();
      if (extent < -1) malformed(concat({"negative dimension ", extent}));
    } else {
      reader.skip();
    }
  }
  return extent;
}

Shape read_shape(std::string_view message) {
  Shape shape;
  WireReader reader(message);
  while (reader.next()) {
    if (reader.field() == 1) {
      shape.push_back(read_dimension(reader.bytes()));
    } else {
      reader.skip();
    }
  }
  return shape;
}

/// A TypeProto.Tensor.
OnnxTensorType read_tensor_fields(std::string_view message) {
  std::int64_t element = 0;
  std::optional<Shape> shape;
  WireReader reader(message);
  while (reader.next()) {
    switch (reader.field()) {
      case 1:
        element = reader.integer();
        break;
      case 2:
        shape = read_shape(reader.bytes());
        break;
      default:
        reader.skip();
    }
  }
  if (!shape) unsupported("has no shape; a shape is needed, its dimensions may be free");
  return {data_type_from_onnx(element), std::move(*shape)};
}

}  // namespace

/// Shapes of intermediate tensors (value_info) and of outputs are not read: they are
/// inferred.
void read_onnx_graph(std::string_view message, OnnxModel& model) {
  WireReader reader(message);
  while (reader.next()) {
    switch (reader.field()) {
      case 1:
        append(model.nodes, read_onnx_node(reader.bytes(), model.nodes.size()), "nodes");
        break;
      case 2:
        model.name = reader.bytes();
        break;
      case 5:
        append(model.initializers, reader.bytes(), "initializers");
        break;
      case 11:
        append(model.inputs, read_value_info(reader.bytes()), "inputs");
        break;
      case 12:
        append(model.outputs, read_value_info(reader.bytes()).name, "outputs");
        break;
      case 15:
        unsupported("sparse initializers are not supported");
      default:
        reader.skip();
    }
  }
}

OnnxTensorType read_tensor_type(std::string_view message) {
  std::optional<OnnxTensorType> type;
  WireReader reader(message);
  while (reader.next()) {
    switch (reader.field()) {
      case 1:
        type = read_tensor_fields(reader.bytes());
        break;
      case 6:
        reader.skip();
        break;  // denotation
      default:
        unsupported("is not a dense tensor");
    }
  }
  if (!type) malformed("has no type");
  return std::move(*type);
}

OnnxModel read_onnx_model(std::string_view file) {
  OnnxModel model;
  std::optional<std::string_view> graph;
  std::optional<std::int64_t> opset;
  WireReader reader(file);
  while (reader.next()) {
    switch (reader.field()) {
      case 7:
        if (graph) malformed("holds two graphs");
        graph = reader.bytes();
        break;
      case 8:
        read_opset(reader.bytes(), opset);
        break;
      case 25:
        unsupported("functions of a model are not supported");
      default:
        reader.skip();
    }
  }
  if (!graph) malformed("not an ONNX model, or a damaged one: it holds no graph");
  if (!opset) malformed("imports no opset of ONNX's default domain");
  if (*opset < kOldestOpset || *opset > kNewestOpset) {
    unsupported("opset " + std::to_string(*opset) + " is not supported, expected " +
                std::to_string(kOldestOpset) + " to " + std::to_string(kNewestOpset));
  }
  model.opset = *opset;
  read_onnx_graph(*graph, model);
  return model;
}

}  // namespace octavo::formats
