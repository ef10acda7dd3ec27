#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/graph/graph.hpp"

namespace octavo::formats {

/// The .safetensors container: https://github.com/huggingface/safetensors. 8 bytes hold the length
/// of a JSON header, which names each tensor's type, shape and place in the bytes after it.
struct Safetensors {
  std::map<std::string, std::string> metadata;
  std::map<std::string, Tensor> tensors;
};

/// Whether a file begins like one.
bool is_safetensors(std::string_view file);

/// Decodes a file; the tensors point into it where they are aligned, and `owner` keeps it alive.
/// Throws Error that names the tensor.
Safetensors read_safetensors(std::string_view file, const std::shared_ptr<const void>& owner);

/// Writes a file in one step. The same contents give the same bytes. Tensors whose size is a
/// multiple of 64 bytes are aligned to 64, the others to their element size.
void write_safetensors(const Safetensors& contents, const std::filesystem::path& path);

}  // namespace octavo::formats
