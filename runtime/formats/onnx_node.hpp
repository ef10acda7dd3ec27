#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/graph/graph.hpp"

namespace octavo::formats {

/// A NodeProto, decoded but not interpreted. Its attributes are decoded on request, when its
/// operator is known to be supported.
struct OnnxNode {
  std::string name;  ///< made from the operator and the position when the file gives none
  std::string op_type;
  std::string domain;
  std::vector<std::string> inputs;                   ///< "" where an optional input is left out
  std::vector<std::string> outputs;                  ///< likewise
  std::vector<std::string_view> encoded_attributes;  ///< AttributeProtos, inside the file

  Attributes attributes;
  std::map<std::string, Tensor, std::less<>> tensors;  ///< the attributes that hold a tensor
  std::map<std::string, std::string_view, std::less<>> graphs;  ///< those that hold a GraphProto
};

/// "node 'conv1' (Conv)".
std::string describe(const OnnxNode& node);

/// Decodes the NodeProto at a position of the graph, but for its attributes.
OnnxNode read_onnx_node(std::string_view message, std::size_t position);

/// Decodes a node's attributes. Throws Error that names the attribute.
void read_onnx_attributes(OnnxNode& node, const std::shared_ptr<const void>& owner);

/// The value of a node `Constant` whose attributes are decoded.
Tensor value_of_constant(const OnnxNode& node);

}  // namespace octavo::formats
