#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace octavo {

/// A file in memory, as far as it was read.
struct MappedBytes {
  std::shared_ptr<const void> owner;  ///< keeps `bytes` mapped; null where there is no file
  std::span<const std::byte> bytes;

  /// Gives back the memory of a part of the file; where that is read again, it comes from the file
  /// again. Does nothing for bytes that lie elsewhere.
  void release(std::span<const std::byte> part) const noexcept;
};

}  // namespace octavo
