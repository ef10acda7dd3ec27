#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "kernels/aligned_buffer.hpp"

namespace octavo {

/// A float32 matrix as a file holds it: at any address, perhaps as its transpose, perhaps to be
/// multiplied by a factor per row. Weights are packed from its rows, so that large ones need not be
/// in memory as a whole. For any number of threads.
class StoredRows {
 public:
  struct Source {
    std::shared_ptr<const void> owner;  ///< keeps `bytes` alive
    const std::byte* bytes = nullptr;
    std::size_t rows = 0, columns = 0;
    bool transposed = false;  ///< element (i, j) is number j * rows + i, not i * columns + j
    std::vector<double> factors = {};  ///< one per row, or none
  };
  explicit StoredRows(Source source) : source_(std::move(source)) {}

  [[nodiscard]] const Source& source() const { return source_; }

  /// Writes rows [first, first + count) as they are read.
  void copy(std::size_t first, std::size_t count, float* to) const;

  /// All rows, which are then kept.
  [[nodiscard]] const float* all() const;

 private:
  Source source_;
  mutable std::once_flag once_;
  mutable kernels::AlignedBuffer<float> all_;
};

}  // namespace octavo
