#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/graph/graph.hpp"

namespace octavo::formats {

struct OnnxTensor {
  std::string name;
  Tensor tensor;
};

/// Decodes a TensorProto. The elements stay in the message, which `owner` keeps alive, where they
/// are stored as such and aligned; else they are copied. Throws Error with the tensor's name.
OnnxTensor read_onnx_tensor(std::string_view message, const std::shared_ptr<const void>& owner);

/// The DataType of an ONNX element type (TensorProto.DataType). Throws Error{unsupported} for those
/// that Octavo does not have.
DataType data_type_from_onnx(std::int64_t element_type);

}  // namespace octavo::formats
