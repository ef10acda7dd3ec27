#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "runtime/graph/graph.hpp"

/// Model files in and out of the canonical graph. The contents decide the format. Every loader
/// treats its file as hostile and delivers a graph that `check` accepts, or throws Error that names
/// the file and the node or tensor.
namespace octavo::formats {

/// Maps the file; constants of the graph may point into the mapping, which lives as long as they
/// do.
Graph load(const std::filesystem::path& path);

/// The same from memory that `owner` keeps alive; `name` stands for the file in messages.
Graph load(std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner,
           const std::string& name);

/// Writes Octavo's own file, a valid .safetensors file (docs/model-file.md).
void save(const Graph& graph, const std::filesystem::path& path);

}  // namespace octavo::formats
