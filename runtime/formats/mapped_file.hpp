#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

namespace octavo::formats {

/// The bytes of a regular file, mapped for reading. Who truncates a file while it is mapped ends
/// the process, as with any mapping; Octavo itself replaces files by renaming (output_file.hpp).
class MappedFile {
 public:
  /// Throws Error{io}.
  static std::shared_ptr<const MappedFile> open(const std::filesystem::path& path);

  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }

 private:
  explicit MappedFile(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::span<const std::byte> bytes_;
};

}  // namespace octavo::formats
