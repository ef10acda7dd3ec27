#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/body/int8_tiles.hpp"
#include "kernels/body/rows.hpp"
#include "kernels/kernels.hpp"
#include "kernels/simd.hpp"

namespace octavo::kernels {
namespace {

/// Rows of a that are multiplied with one panel after the other: as many as fit the L2 cache, or,
/// gathered, a part of the L1 cache.
template <class A>
struct Int8Block {
  static constexpr std::size_t kBytes = 192 * 1024;
  static constexpr std::size_t kRows = 384;
  static constexpr std::size_t kGatheredBytes = 24 * 1024;

  std::size_t first_row = 0;
  std::size_t rows = 0;
  const std::uint8_t* starts[kRows];
  const Quantization* quantizations[kRows];
  /// Copies write whole batches.
  alignas(64) std::uint8_t gathered[kGatheredBytes + kReadSlack];

  static std::size_t largest(const Int8Product& p) {
    const std::size_t segments = static_cast<std::size_t>(p.rows.segments());
    const std::size_t fitting = p.gathered != 0 ? kGatheredBytes / p.packed_depth
                                                : kBytes / (p.packed_depth * segments + 1);
    return fitting < 24 ? 24 : fitting > kRows ? kRows : fitting;
  }

  void fill(const Int8Product& p, std::size_t begin, std::size_t count) {
    first_row = begin;
    rows = count;
    RowCursor cursor(p.rows, begin);
    const Quantization* quantization = p.quantization + begin / p.rows_per_range;
    std::size_t left = p.rows_per_range - begin % p.rows_per_range;
    for (std::size_t r = 0; r < count; ++r, cursor.next(), --left) {
      if (left == 0) {
        ++quantization;
        left = p.rows_per_range;
      }
      starts[r] = p.a + cursor.offset();
      quantizations[r] = quantization;
    }
    if (p.gathered != 0) gather(p);
  }

 private:
  /// Copies the segments of every row side by side. What a copy writes too much, the next one or
  /// the next row overwrites, and behind the last segment its weights are zeros.
  void gather(const Int8Product& p) {
    using Bytes = simd::batch<std::uint8_t, A>;
    std::uint8_t* row = gathered;
    for (std::size_t r = 0; r < rows; ++r, row += p.packed_depth) {
      std::uint8_t* to = row;
      for_each_segment(p.rows, [&](std::size_t offset) {
        const std::uint8_t* from = starts[r] + offset;
        for (std::size_t i = 0; i < p.gathered; i += Bytes::size) {
          Bytes::load_unaligned(from + i).store_unaligned(to + i);
        }
        to += p.gathered;
      });
      starts[r] = row;
    }
  }
};

}  // namespace
}  // namespace octavo::kernels
