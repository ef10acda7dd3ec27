#include "runtime/graph/stored_rows.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace octavo {
namespace {

/// Rows [first, first + count) of a matrix that is stored as its transpose, in tiles of a cache
/// line both ways.
void copy_transposed(const StoredRows::Source& from, std::size_t first, std::size_t count,
                     float* to) {
  constexpr std::size_t kTile = 16;
  std::array<float, kTile * kTile> tile;
  for (std::size_t j = 0; j < from.columns; j += kTile) {
    const std::size_t width = std::min(kTile, from.columns - j);
    for (std::size_t i = 0; i < count; i += kTile) {
      const std::size_t height = std::min(kTile, count - i);
      const std::byte* line = from.bytes + (j * from.rows + first + i) * sizeof(float);
      for (std::size_t n = 0; n < width; ++n, line += from.rows * sizeof(float)) {
        std::memcpy(&tile[n * kTile], line, height * sizeof(float));
      }
      for (std::size_t m = 0; m < height; ++m) {
        float* row = to + (i + m) * from.columns + j;
        for (std::size_t n = 0; n < width; ++n) row[n] = tile[n * kTile + m];
      }
    }
  }
}

}  // namespace

void StoredRows::copy(std::size_t first, std::size_t count, float* to) const {
  const std::size_t columns = source_.columns;
  if (source_.transposed) {
    copy_transposed(source_, first, count, to);
  } else {
    std::memcpy(to, source_.bytes + first * columns * sizeof(float),
                count * columns * sizeof(float));
  }
  if (source_.factors.empty()) return;
  for (std::size_t i = 0; i < count; ++i) {
    const double factor = source_.factors[first + i];
    for (std::size_t j = 0; j < columns; ++j, ++to) {
      *to = static_cast<float>(static_cast<double>(*to) * factor);
    }
  }
}

const float* StoredRows::all() const {
  std::call_once(once_, [&] {
    all_ = kernels::AlignedBuffer<float>(source_.rows * source_.columns);
    copy(0, source_.rows, all_.data());
  });
  return all_.data();
}

}  // namespace octavo
