#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "kernels/body/epilogue.hpp"
#include "kernels/body/int8_tiles.hpp"
#include "kernels/body/rows.hpp"
#include "kernels/body/store.hpp"
#include "kernels/kernels.hpp"
#include "kernels/simd.hpp"

namespace octavo::kernels {
namespace {

/// Rows of a that are multiplied with one panel after the other: as many as fit the L2 cache.
struct Int8Block {
  static constexpr std::size_t kBytes = 192 * 1024;
  static constexpr std::size_t kRows = 384;

  std::size_t first_row = 0;
  std::size_t rows = 0;
  const std::uint8_t* starts[kRows];
  const Quantization* quantizations[kRows];

  static std::size_t largest(const Int8Product& p) {
    const std::size_t row_bytes = p.packed_depth * static_cast<std::size_t>(p.rows.segments());
    const std::size_t fitting = kBytes / (row_bytes + 1);
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
  }
};

/// The tile functions of one method, for 1 to `rows` rows, and the number that their sums count
/// from: acc = sum of (a - origin) * b.
struct Int8Tiles {
  static constexpr std::size_t kMaxRows = 12;

  std::int32_t origin;
  std::size_t rows;
  Int8TileFunction functions[kMaxRows];
};

template <class A, Int8Method Method, std::size_t Rows>
constexpr Int8TileFunction int8_tile() {
  switch (Method) {
    case Int8Method::chain4:
      return &chain_tile<A, Rows, 4>;
    case Int8Method::chain3:
      return &chain_tile<A, Rows, 3>;
    case Int8Method::chain2:
      return &chain_tile<A, Rows, 2>;
    case Int8Method::chain1:
      return &plain_tile<A, Rows>;
    case Int8Method::wide:
      break;
  }
  return &wide_tile<A, Rows>;
}

template <class A, Int8Method Method>
constexpr Int8Tiles int8_tiles_of() {
  constexpr std::size_t kVectors = kPanelWidth / simd::lanes<std::int32_t, A>;
  constexpr std::size_t kMostSums = Method == Int8Method::wide ? 4 : Int8Tiles::kMaxRows;
  constexpr bool kFromZero = Method == Int8Method::chain1 || Method == Int8Method::wide;
  return []<std::size_t... R>(std::index_sequence<R...>) {
    return Int8Tiles{kFromZero ? 0 : 128, sizeof...(R), {int8_tile<A, Method, R + 1>()...}};
  }
  (std::make_index_sequence<kMostSums / kVectors>{});
}

/// Indexed by Int8Method.
template <class A>
constexpr Int8Tiles kInt8Tiles[] = {
    int8_tiles_of<A, Int8Method::chain4>(), int8_tiles_of<A, Int8Method::chain3>(),
    int8_tiles_of<A, Int8Method::chain2>(), int8_tiles_of<A, Int8Method::chain1>(),
    int8_tiles_of<A, Int8Method::wide>()};

/// The method that is best for `rows` rows of a panel packed for `method`: few rows wait for
/// memory, where a chain's compensation costs more than the chain saves. Every chain's condition
/// holds chain 1's.
inline Int8Method method_for(Int8Method method, std::size_t rows) {
  constexpr std::size_t kFewRows = 2;
  return rows <= kFewRows && method != Int8Method::wide ? Int8Method::chain1 : method;
}

/// Brings the sums of one tile to floats (or writes them as they are).
template <class A>
void finish_int8_tile(const Int8Product& p, const Int8Block& block, std::size_t first,
                      std::size_t rows, std::size_t panel, std::int32_t origin,
                      const std::int32_t* acc, Epilogue<A>& all) {
  using Ints = simd::batch<std::int32_t, A>;
  using Floats = simd::batch<float, A>;
  const std::size_t column = panel * kPanelWidth;
  const std::size_t width = p.columns - column < kPanelWidth ? p.columns - column : kPanelWidth;
  const float* bias = p.bias != nullptr ? p.bias + column : kNoBias;
  Epilogue<A> epilogue = all;  // a copy stays in registers

  for (std::size_t r = 0; r < rows; ++r, acc += kPanelWidth) {
    const Quantization& quantization = *block.quantizations[first + r];
    const Ints correction(origin - quantization.zero_point);
    const Floats scale(quantization.scale);
    const std::size_t out = (block.first_row + first + r) * p.out_stride + column;
    for (std::size_t n = 0; n < kPanelWidth; n += Ints::size) {
      const Ints exact =
          Ints::load_aligned(acc + n) + correction * Ints::load_aligned(p.column_sums + column + n);
      const std::size_t count = columns_from(n, width);
      if (p.accumulators != nullptr) {
        store_first(exact, count, p.accumulators + out + n);
        continue;
      }
      const Floats product =
          xsimd::to_float(exact) * (scale * Floats::load_unaligned(p.b_scales + column + n));
      epilogue.store(product + Floats::load_unaligned(bias + n), count, p.out + out + n);
    }
  }
  all = epilogue;
}

template <class A>
void int8_panel(const Int8Product& p, const Int8Block& block, std::size_t panel,
                Epilogue<A>& epilogue) {
  alignas(64) std::int32_t acc[Int8Tiles::kMaxRows * kPanelWidth];
  const Int8Method method = method_for(p.methods[panel], block.rows);
  const Int8Tiles& tiles = kInt8Tiles<A>[static_cast<std::size_t>(method)];
  const std::size_t panel_bytes =
      kPanelWidth * p.packed_depth * static_cast<std::size_t>(p.rows.segments());

  Int8Tile tile;
  tile.map = &p.rows;
  tile.groups = p.packed_depth / 4;
  tile.b = p.b + panel * panel_bytes;
  tile.compensation = p.compensation + panel * p.compensation_stride;
  tile.acc = acc;
  const EvenSplit split(block.rows, tiles.rows);
  std::size_t first = 0;
  for (std::size_t part = 0; part < split.parts(); ++part) {
    const std::size_t rows = split.size(part);
    tile.rows = block.starts + first;
    tiles.functions[rows - 1](tile);
    finish_int8_tile<A>(p, block, first, rows, panel, tiles.origin, acc, epilogue);
    first += rows;
  }
}

template <class A>
Extrema int8_product(const Int8Product& p, const Tile& tile) noexcept {
  Epilogue<A> epilogue(p.activation);
  for_each_panel<Int8Block>(p, tile, [&](const Int8Block& block, std::size_t panel) {
    int8_panel<A>(p, block, panel, epilogue);
  });
  return epilogue.extrema();
}

}  // namespace
}  // namespace octavo::kernels
