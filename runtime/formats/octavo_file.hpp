#pragma once

#include <cstdint>

#include "runtime/formats/safetensors.hpp"
#include "runtime/graph/graph.hpp"

/// Octavo's own model file: a .safetensors file whose metadata hold the graph as JSON
/// (docs/model-file.md).
namespace octavo::formats {

/// The metadata that holds the graph, and the version of its form.
inline constexpr const char* kGraphKey = "octavo.graph";
inline constexpr std::int64_t kGraphVersion = 1;

/// Builds the graph. Throws Error that names the node or tensor.
Graph decode_graph(const Safetensors& file);

/// The contents of the file for a graph. Values that no node and no output reads are left out;
/// names that are missing or taken are replaced. Throws Error{invalid_graph} when that cannot be.
Safetensors encode_graph(const Graph& graph);

}  // namespace octavo::formats
