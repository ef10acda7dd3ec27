#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/formats/onnx_node.hpp"

namespace octavo::formats {

/// A ValueInfoProto; `type` is its TypeProto.
struct OnnxInput {
  std::string name;
  std::string_view type;
};

struct OnnxTensorType {
  DataType element;
  Shape shape;  ///< -1 for a dimension that is free
};

/// A ModelProto and its graph, as they stand in the file.
struct OnnxModel {
  std::int64_t opset = 0;  ///< of the default domain
  std::string name;
  std::vector<OnnxNode> nodes;
  std::vector<std::string_view> initializers;  ///< TensorProtos
  std::vector<OnnxInput> inputs;
  std::vector<std::string> outputs;
};

/// Decodes a ModelProto. Throws Error, or protozero::exception when the encoding is broken.
OnnxModel read_onnx_model(std::string_view file);

/// Decodes a GraphProto; the opset is left as it is. Throws as read_onnx_model does.
void read_onnx_graph(std::string_view message, OnnxModel& model);

/// Decodes a TypeProto that is a tensor with a shape.
OnnxTensorType read_tensor_type(std::string_view message);

}  // namespace octavo::formats
