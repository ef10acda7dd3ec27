#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <protozero/pbf_writer.hpp>

#include "octavo/error.hpp"

#include "runtime/formats/formats.hpp"

/// Encodes small ONNX models field by field (onnx.proto), the broken ones too.
namespace octavo::test {

template <class T>
std::string raw_bytes(const std::vector<T>& elements) {
  std::string bytes(elements.size() * sizeof(T), '\0');
  if (!bytes.empty()) std::memcpy(bytes.data(), elements.data(), bytes.size());
  return bytes;
}

/// A TensorProto without elements; `finish` adds fields to it.
template <class Finish>
std::string onnx_tensor(const std::string& name, const std::vector<std::int64_t>& dims,
                        int element_type, const Finish& finish) {
  std::string message;
  protozero::pbf_writer writer(message);
  writer.add_packed_int64(1, dims.begin(), dims.end());
  writer.add_int32(2, element_type);
  writer.add_string(8, name);
  finish(writer);
  return message;
}

inline std::string raw_tensor(const std::string& name, const std::vector<std::int64_t>& dims,
                              int element_type, const std::string& bytes) {
  return onnx_tensor(name, dims, element_type,
                     [&](protozero::pbf_writer& writer) { writer.add_bytes(9, bytes); });
}

inline std::string float_tensor(const std::string& name, const std::vector<std::int64_t>& dims,
                                const std::vector<float>& elements) {
  return raw_tensor(name, dims, 1, raw_bytes(elements));
}

inline std::string int64_tensor(const std::string& name,
                                const std::vector<std::int64_t>& elements) {
  return raw_tensor(name, {static_cast<std::int64_t>(elements.size())}, 7, raw_bytes(elements));
}

/// An AttributeProto of a kind; `finish` adds its value.
template <class Finish>
std::string onnx_attribute(const std::string& name, int kind, const Finish& finish) {
  std::string message;
  protozero::pbf_writer writer(message);
  writer.add_string(1, name);
  finish(writer);
  writer.add_int32(20, kind);
  return message;
}

inline std::string attribute(const std::string& name, std::int64_t value) {
  return onnx_attribute(name, 2, [&](auto& writer) { writer.add_int64(3, value); });
}
inline std::string attribute(const std::string& name, float value) {
  return onnx_attribute(name, 1, [&](auto& writer) { writer.add_float(2, value); });
}
inline std::string attribute(const std::string& name, const char* value) {
  return onnx_attribute(name, 3, [&](auto& writer) { writer.add_bytes(4, value); });
}
inline std::string attribute(const std::string& name, const std::vector<std::int64_t>& values) {
  return onnx_attribute(name, 7, [&](auto& writer) {
    for (const std::int64_t value : values) writer.add_int64(8, value);
  });
}
inline std::string attribute(const std::string& name, const std::vector<float>& values) {
  return onnx_attribute(
      name, 6, [&](auto& writer) { writer.add_packed_float(7, values.begin(), values.end()); });
}
inline std::string tensor_attribute(const std::string& name, const std::string& tensor) {
  return onnx_attribute(name, 4, [&](auto& writer) { writer.add_message(5, tensor); });
}

/// A ModelProto under construction.
struct OnnxWriter {
  explicit OnnxWriter(std::int64_t opset_version) : opset(opset_version) {}

  std::int64_t opset;
  std::string graph;  ///< GraphProto
  std::string extra;  ///< more fields of the ModelProto
  protozero::pbf_writer graph_writer{graph};

  OnnxWriter(const OnnxWriter&) = delete;
  OnnxWriter& operator=(const OnnxWriter&) = delete;

  /// A dimension of -1 is written as a parameter.
  OnnxWriter& input(const std::string& name, const std::vector<std::int64_t>& shape,
                    int element_type = 1) {
    std::string message;
    protozero::pbf_writer writer(message);
    writer.add_string(1, name);
    protozero::pbf_writer type(writer, 2);
    protozero::pbf_writer tensor(type, 1);
    tensor.add_int32(1, element_type);
    protozero::pbf_writer dims(tensor, 2);
    for (const std::int64_t extent : shape) {
      protozero::pbf_writer dim(dims, 1);
      if (extent == -1)
        dim.add_string(2, "N");
      else
        dim.add_int64(1, extent);
    }
    dims.commit();
    tensor.commit();
    type.commit();
    graph_writer.add_message(11, message);
    return *this;
  }

  OnnxWriter& output(const std::string& name) {
    std::string message;
    protozero::pbf_writer(message).add_string(1, name);
    graph_writer.add_message(12, message);
    return *this;
  }

  OnnxWriter& initializer(const std::string& tensor) {
    graph_writer.add_message(5, tensor);
    return *this;
  }

  OnnxWriter& node(const std::string& op, const std::vector<std::string>& inputs,
                   const std::vector<std::string>& outputs,
                   const std::vector<std::string>& attributes = {},
                   const std::string& name = "node", const std::string& domain = "") {
    std::string message;
    protozero::pbf_writer writer(message);
    for (const std::string& input : inputs) writer.add_string(1, input);
    for (const std::string& output : outputs) writer.add_string(2, output);
    writer.add_string(3, name);
    writer.add_string(4, op);
    for (const std::string& attribute : attributes) writer.add_message(5, attribute);
    if (!domain.empty()) writer.add_string(7, domain);
    graph_writer.add_message(1, message);
    return *this;
  }

  [[nodiscard]] std::string model() const {
    std::string import;
    protozero::pbf_writer(import).add_int64(2, opset);
    std::string message;
    protozero::pbf_writer writer(message);
    writer.add_int64(1, 8);
    writer.add_message(7, graph);
    writer.add_message(8, import);
    return message + extra;
  }
};

/// Loads a model from bytes under the name "test.onnx".
inline Graph load_bytes(std::string_view bytes) {
  // A block of its own, so that reads beyond its end are found.
  const auto memory = std::make_shared<std::vector<std::byte>>(bytes.size());
  if (!bytes.empty()) std::memcpy(memory->data(), bytes.data(), bytes.size());
  return formats::load(*memory, memory, "test.onnx");
}

inline Graph load_bytes(const OnnxWriter& writer) {
  return load_bytes(writer.model());
}

template <class T>
std::vector<T> elements(const Tensor& tensor) {
  const auto span = tensor.as<T>();
  return {span.begin(), span.end()};
}

/// The Error that loading throws, as "code: text"; "" when it loads.
template <class Model>
std::string failure_of(const Model& model) {
  try {
    (void)load_bytes(model);
  } catch (const Error& error) {
    return std::string(to_string(error.code())) + ": " + error.what();
  }
  return "";
}

inline bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// Loads `bytes` cut off at every length, and with every byte changed in several ways. Each must
/// load or throw Error; anything else ends the test. Returns how many threw.
inline std::size_t count_refusals(const std::string& bytes) {
  std::size_t refusals = 0;
  const auto try_load = [&](std::string_view variant) {
    if (!failure_of(variant).empty()) ++refusals;
  };
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    try_load(std::string_view(bytes).substr(0, length));
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const int change : {0x01, 0x02, 0x08, 0x10, 0x40, 0x7f, 0x80, 0xff}) {
      std::string variant = bytes;
      variant[i] = static_cast<char>(variant[i] ^ change);
      try_load(variant);
    }
  }
  return refusals;
}

}  // namespace octavo::test
