#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "kernels/body/epilogue.hpp"
#include "kernels/body/panels.hpp"
#include "kernels/body/rows.hpp"
#include "kernels/body/store.hpp"
#include "kernels/kernels.hpp"
#include "kernels/simd.hpp"

namespace octavo::kernels {
namespace {

/// Where a row of a starts: elements from the input's start, and the position of its first segment,
/// which may lie in the padding.
struct FloatRow {
  std::int64_t offset;
  std::int64_t y, x;
  bool inside;  ///< no segment leaves the input
};

template <class A>
struct FloatTile {
  const FloatProduct* product;
  const FloatRow* rows;
  bool inside;  ///< all rows are
  const float* b;
  std::size_t panel_stride;       ///< floats from one panel of b to the next
  std::size_t first_row, column;  ///< of the output
  std::size_t width;              ///< in columns
  bool plain;                     ///< to be finished at once, as is_plain allows
  ExtremaLanes<A>* extrema;
  float* sums;  ///< [rows][kFloatTileWidth], aligned; written unless plain
};

template <class A>
using FloatTileFunction = void (*)(const FloatTile<A>&) noexcept;

/// How far ahead b is prefetched.
inline constexpr std::size_t kFloatPrefetchBytes = 2048;

/// The batches of a panel's row.
template <class A>
constexpr std::size_t kPanelVectors = kPanelWidth / simd::lanes<float, A>;

/// The columns of the widest tiles.
template <class A>
constexpr std::size_t kFloatTileWidth = kPanelsAtOnce<A>* kPanelWidth;

inline constexpr std::size_t kMostFloatRows = 12;

/// The rows of a tile of `Vectors` batches: as many as keep the sums, the weights and one element
/// of a in the registers. Eight sums hide the latency of an addition.
template <class A, std::size_t Vectors>
constexpr std::size_t kFloatTileRows = [] {
  constexpr std::size_t kSums = Vectors == 1                    ? 8
                                : simd::register_count<A> == 32 ? 24
                                : Vectors == 2                  ? 12
                                                                : 8;
  return kSums / Vectors < kMostFloatRows ? kSums / Vectors : kMostFloatRows;
}();

/// a * b for `Rows` rows and the first `kVectors` batches of one panel or more, finished at once
/// where all rows of a tile are plain. With few rows, several steps of k are summed side by side,
/// so that the latency of one addition does not bound the speed; as many for tiles of any width.
template <class A, std::size_t Rows, std::size_t kVectors>
[[gnu::flatten]] void float_tile(const FloatTile<A>& tile) noexcept {
  using Floats = simd::batch<float, A>;
  constexpr std::size_t kSums = Rows * kPanelsAtOnce<A> * kPanelVectors<A>;
  constexpr std::size_t kSteps = kSums >= 8 ? 1 : kSums >= 4 ? 2 : 4;

  const FloatProduct& p = *tile.product;
  const RowMap& map = p.rows;
  Floats sums[kSteps][Rows][kVectors];
  simd::unroll<kSteps>([&](auto s) __attribute__((always_inline)) {
    simd::unroll<Rows>([&](auto r) __attribute__((always_inline)) {
      simd::unroll<kVectors>([&](auto v)
                                 __attribute__((always_inline)) { sums[s][r][v] = Floats(0.0F); });
    });
  });

  const float* b = tile.b;
  const float* a[Rows];
  const auto add_step = [&](std::size_t k, auto s) __attribute__((always_inline)) {
    Floats weights[kVectors];
    simd::unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
      constexpr std::size_t kPanel = v / kPanelVectors<A>;
      const float* from = b + kPanel * tile.panel_stride;
      weights[v] = Floats::load_aligned(from + v % kPanelVectors<A> * Floats::size);
      if constexpr (v % kPanelVectors<A> == 0) {
        simd::prefetch(from + kFloatPrefetchBytes / sizeof(float));
      }
    });
    b += kPanelWidth;
    simd::unroll<Rows>([&](auto r) __attribute__((always_inline)) {
      const Floats x(a[r][k]);
      simd::unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
        sums[s][r][v] = xsimd::fma(x, weights[v], sums[s][r][v]);
      });
    });
  };
  // The taps of a line are one segment where they are neighbours in memory.
  const std::int64_t tap_stride = map.dilation_width * map.pixel_stride;
  const bool whole_lines = tile.inside && tap_stride == static_cast<std::int64_t>(p.depth);
  const std::int64_t taps = whole_lines ? 1 : map.kernel_width;
  const std::size_t depth =
      whole_lines ? p.depth * static_cast<std::size_t>(map.kernel_width) : p.depth;
  for (std::int64_t i = 0; i < map.kernel_height; ++i) {
    for (std::int64_t j = 0; j < taps; ++j) {
      const std::int64_t dy = i * map.dilation_height;
      const std::int64_t dx = j * map.dilation_width;
      const std::int64_t offset = dy * map.line_stride + dx * map.pixel_stride;
      simd::unroll<Rows>([&](auto r) __attribute__((always_inline)) {
        const FloatRow& row = tile.rows[r];
        const bool read = tile.inside || (row.y + dy >= 0 && row.y + dy < map.in_height &&
                                          row.x + dx >= 0 && row.x + dx < map.in_width);
        a[r] = read ? p.a + (row.offset + offset) : p.zeros;
      });
      std::size_t k = 0;
      for (; k + kSteps <= depth; k += kSteps) {
        simd::unroll<kSteps>([&](auto s) __attribute__((always_inline)) { add_step(k + s, s); });
      }
      if constexpr (kSteps > 1) {
        for (; k < depth; ++k) add_step(k, std::integral_constant<std::size_t, 0>{});
      }
    }
  }

  const auto sum = [&](auto r, auto v) __attribute__((always_inline)) {
    Floats x = sums[0][r][v];
    if constexpr (kSteps >= 2) x += sums[1][r][v];
    if constexpr (kSteps >= 4) x += sums[2][r][v] + sums[3][r][v];
    return x;
  };
  if (Rows == kFloatTileRows<A, kVectors> && tile.plain) {
    const std::size_t start = tile.first_row * p.out_stride + tile.column;
    float* out = p.out + start;
    const float* addend = addend_at(p, start);
    Epilogue<A> epilogue(p.activation, *tile.extrema);
    simd::unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
      const std::size_t column = tile.column + v * Floats::size;
      const simd::FirstLanes<A> lanes(columns_from(column, p.columns));
      const Floats bias = bias_at<A>(p.bias, column);
      simd::unroll<Rows>([&](auto r) __attribute__((always_inline)) {
        const std::size_t index = r * p.out_stride + v * Floats::size;
        epilogue.store_clamped(with_addend(sum(r, v) + bias, addend, index), lanes, out + index);
      });
    });
    epilogue.save(*tile.extrema);
    return;
  }
  simd::unroll<Rows>([&](auto r) __attribute__((always_inline)) {
    simd::unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
      sum(r, v).store_aligned(tile.sums + r * kFloatTileWidth<A> + v * Floats::size);
    });
  });
}

/// out = activation(sums + bias) for tiles that are not plain.
template <class A>
void finish_float_tile(const FloatTile<A>& tile, std::size_t rows) {
  using Floats = simd::batch<float, A>;
  const FloatProduct& p = *tile.product;
  Epilogue<A> epilogue(p.activation, *tile.extrema);
  for (std::size_t n = 0; n < tile.width && tile.column + n < p.columns; n += Floats::size) {
    const std::size_t column = tile.column + n;
    const Floats bias = bias_at<A>(p.bias, column);
    const std::size_t start = tile.first_row * p.out_stride + column;
    const float* addend = addend_at(p, start);
    for (std::size_t r = 0; r < rows; ++r) {
      const Floats sum = Floats::load_aligned(tile.sums + r * kFloatTileWidth<A> + n) + bias;
      epilogue.store(with_addend(sum, addend, r * p.out_stride), p.columns - column,
                     p.out + start + r * p.out_stride);
    }
  }
  epilogue.save(*tile.extrema);
}

/// The tiles of one width.
template <class A>
struct FloatTiles {
  std::size_t width;  ///< in columns
  std::size_t most_rows;
  FloatTileFunction<A> functions[kMostFloatRows];
};

template <class A, std::size_t Vectors>
constexpr FloatTiles<A> kFloatTiles = []<std::size_t... R>(std::index_sequence<R...>) {
  return FloatTiles<A>{
      Vectors * simd::lanes<float, A>, sizeof...(R), {&float_tile<A, R + 1, Vectors>...}};
}
(std::make_index_sequence<kFloatTileRows<A, Vectors>>{});

/// Those for `panels` panels from `column` on: half as wide where that holds all of the columns.
template <class A>
const FloatTiles<A>& float_tiles_at(const FloatProduct& p, std::size_t column, std::size_t panels) {
  constexpr std::size_t kVectors = kPanelsAtOnce<A> * kPanelVectors<A>;
  const bool half = panels < kPanelsAtOnce<A> || 2 * (p.columns - column) <= kFloatTileWidth<A>;
  return half ? kFloatTiles<A, kVectors / 2> : kFloatTiles<A, kVectors>;
}

/// Rows of a that are multiplied with one panel after the other: as many as fit the L2 cache.
struct FloatBlock {
  static constexpr std::size_t kBytes = 192 * 1024;
  static constexpr std::size_t kRows = 192;

  std::size_t first_row = 0;
  std::size_t rows = 0;
  FloatRow starts[kRows];
  bool all_inside = true;  ///< all of these rows are

  static std::size_t largest(const FloatProduct& p) {
    const std::size_t row_bytes =
        sizeof(float) * p.depth * static_cast<std::size_t>(p.rows.segments());
    const std::size_t fitting = kBytes / (row_bytes + 1);
    return fitting < 24 ? 24 : fitting > kRows ? kRows : fitting;
  }

  void fill(const FloatProduct& p, std::size_t begin, std::size_t count) {
    first_row = begin;
    rows = count;
    const RowMap& map = p.rows;
    const std::int64_t last_y = map.in_height - 1 - (map.kernel_height - 1) * map.dilation_height;
    const std::int64_t last_x = map.in_width - 1 - (map.kernel_width - 1) * map.dilation_width;
    const std::int64_t step = map.stride_width * map.pixel_stride;
    all_inside = true;
    RowCursor cursor(map, begin);
    for (std::size_t r = 0; r < count;) {
      const std::int64_t y = cursor.input_y();
      const bool line_inside = y >= 0 && y <= last_y;
      const std::size_t in_line = std::min(count - r, cursor.left_in_line());
      std::int64_t offset = cursor.offset();
      std::int64_t x = cursor.input_x();
      cursor.skip(in_line);
      for (const std::size_t end = r + in_line; r < end; ++r) {
        starts[r] = {offset, y, x, line_inside && x >= 0 && x <= last_x};
        all_inside &= starts[r].inside;
        offset += step;
        x += map.stride_width;
      }
    }
  }

  bool inside(std::size_t first, std::size_t count) const {
    return all_inside || std::all_of(starts + first, starts + first + count,
                                     [](const FloatRow& row) { return row.inside; });
  }
};

template <class A>
void float_panels(const FloatProduct& p, const FloatBlock& block, std::size_t panel,
                  std::size_t count, ExtremaLanes<A>& extrema) {
  alignas(64) float sums[kMostFloatRows * kFloatTileWidth<A>];
  const std::size_t column = panel * kPanelWidth;
  const FloatTiles<A>& tiles = float_tiles_at<A>(p, column, count);
  FloatTile<A> tile;
  tile.product = &p;
  tile.panel_stride = kPanelWidth * p.depth * static_cast<std::size_t>(p.rows.segments());
  tile.b = p.b + panel * tile.panel_stride;
  tile.column = column;
  tile.width = tiles.width;
  const bool plain = is_plain<A>(p.activation, p.columns - column >= tiles.width);
  tile.extrema = &extrema;
  tile.sums = sums;
  const EvenSplit split(block.rows, tiles.most_rows);
  std::size_t first = 0;
  for (std::size_t part = 0; part < split.parts(); ++part) {
    const std::size_t rows = split.size(part);
    tile.rows = block.starts + first;
    tile.inside = block.inside(first, rows);
    tile.first_row = block.first_row + first;
    tile.plain = plain && rows == tiles.most_rows;
    tiles.functions[rows - 1](tile);
    if (!tile.plain) finish_float_tile<A>(tile, rows);
    first += rows;
  }
}

template <class A>
Extrema float_product(const FloatProduct& p, const Tile& tile) noexcept {
  ExtremaLanes<A> extrema;
  for_each_block<FloatBlock, kPanelsAtOnce<A>>(
      p, tile, [&](const FloatBlock& block, std::size_t panel, std::size_t count) {
        float_panels<A>(p, block, panel, count, extrema);
      });
  return extrema.merged();
}

}  // namespace
}  // namespace octavo::kernels
