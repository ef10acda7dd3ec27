#pragma once

#include <memory>
#include <string_view>

#include "runtime/graph/graph.hpp"

namespace octavo::formats {

/// Decodes a ModelProto, a file as ONNX writes it, and translates it to the canonical form. `owner`
/// keeps `file` alive. Throws Error that names the node or tensor.
Graph load_onnx(std::string_view file, const std::shared_ptr<const void>& owner);

}  // namespace octavo::formats
