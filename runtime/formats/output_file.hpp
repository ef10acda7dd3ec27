#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

namespace octavo::formats {

/// Writes the chunks to a new file beside `path` and renames it to `path`: readers see the old file
/// or the new one, never a part. Throws Error{io}; `path` is then as it was.
void write_file(const std::filesystem::path& path,
                const std::vector<std::span<const std::byte>>& chunks);

}  // namespace octavo::formats
