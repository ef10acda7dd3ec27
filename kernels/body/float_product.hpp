#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "kernels/body/epilogue.hpp"
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

struct FloatTile {
  const FloatProduct* product;
  const FloatRow* rows;
  const float* b;
  bool inside;  ///< all rows are
  float* sums;  ///< [rows][kPanelWidth], aligned
};

using FloatTileFunction = void (*)(const FloatTile&) noexcept;

/// How far ahead b is prefetched.
inline constexpr std::size_t kFloatPrefetchBytes = 2048;

/// sums = a * b for `Rows` rows and one panel. With few rows, several steps of k are summed side by
/// side, so that the latency of one addition does not bound the speed.
template <class A, std::size_t Rows>
[[gnu::flatten]] void float_tile(const FloatTile& tile) noexcept {
  using Floats = simd::batch<float, A>;
  constexpr std::size_t kVectors = kPanelWidth / Floats::size;
  constexpr std::size_t kSums = Rows * kVectors;
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
      weights[v] = Floats::load_aligned(b + v * Floats::size);
    });
    simd::prefetch(b + kFloatPrefetchBytes / sizeof(float));
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

  simd::unroll<Rows>([&](auto r) __attribute__((always_inline)) {
    simd::unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
      Floats sum = sums[0][r][v];
      if constexpr (kSteps >= 2) sum += sums[1][r][v];
      if constexpr (kSteps >= 4) sum += sums[2][r][v] + sums[3][r][v];
      sum.store_aligned(tile.sums + r * kPanelWidth + v * Floats::size);
    });
  });
}

/// out = activation(sums + bias); `Plain` as is_plain says.
template <class A, bool Plain>
void finish_float_tile(const FloatProduct& p, std::size_t first_row, std::size_t rows,
                       std::size_t panel, const float* sums, ExtremaLanes<A>& extrema) {
  using Floats = simd::batch<float, A>;
  const std::size_t out_stride = p.out_stride;
  Epilogue<A> epilogue(p.activation, extrema);
  for (std::size_t n = 0; n < kPanelWidth; n += Floats::size) {
    const std::size_t column = panel * kPanelWidth + n;
    const std::size_t count = columns_from(column, p.columns);
    const Floats bias = p.bias != nullptr ? Floats::load_unaligned(p.bias + column) : Floats(0.0F);
    float* out = p.out + first_row * out_stride + column;
    const float* addend = addend_at(p, first_row * out_stride + column);
    for (std::size_t r = 0; r < rows; ++r) {
      const Floats sum = with_addend(Floats::load_aligned(sums + r * kPanelWidth + n) + bias,
                                     addend, r * out_stride);
      if constexpr (Plain) {
        epilogue.store_clamped(sum, out + r * out_stride);
      } else {
        epilogue.store(sum, count, out + r * out_stride);
      }
    }
  }
  epilogue.save(extrema);
}

inline constexpr std::size_t kMostFloatRows = 12;

/// As many as keep the sums, a panel's weights and one element of a in the registers.
template <class A>
constexpr std::size_t kFloatTileRows = [] {
  constexpr std::size_t kVectors = kPanelWidth / simd::lanes<float, A>;
  constexpr std::size_t kSums = simd::register_count<A> == 32 ? 24 : kVectors <= 2 ? 12 : 8;
  return kSums / kVectors < kMostFloatRows ? kSums / kVectors : kMostFloatRows;
}();

struct FloatTiles {
  FloatTileFunction functions[kMostFloatRows];
};

template <class A>
constexpr FloatTiles kFloatTiles = []<std::size_t... R>(std::index_sequence<R...>) {
  return FloatTiles{{&float_tile<A, R + 1>...}};
}
(std::make_index_sequence<kFloatTileRows<A>>{});

/// Rows of a that are multiplied with one panel after the other: as many as fit the L2 cache.
struct FloatBlock {
  static constexpr std::size_t kBytes = 192 * 1024;
  static constexpr std::size_t kRows = 192;

  std::size_t first_row = 0;
  std::size_t rows = 0;
  FloatRow starts[kRows];

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
    RowCursor cursor(map, begin);
    for (std::size_t r = 0; r < count; ++r, cursor.next()) {
      const std::int64_t y = cursor.input_y();
      const std::int64_t x = cursor.input_x();
      starts[r] = {cursor.offset(), y, x, y >= 0 && y <= last_y && x >= 0 && x <= last_x};
    }
  }

  bool inside(std::size_t first, std::size_t count) const {
    for (std::size_t r = first; r < first + count; ++r) {
      if (!starts[r].inside) return false;
    }
    return true;
  }
};

template <class A>
void float_panel(const FloatProduct& p, const FloatBlock& block, std::size_t panel,
                 ExtremaLanes<A>& extrema) {
  alignas(64) float sums[kMostFloatRows * kPanelWidth];
  FloatTile tile;
  tile.product = &p;
  tile.b = p.b + panel * kPanelWidth * p.depth * static_cast<std::size_t>(p.rows.segments());
  tile.sums = sums;
  const bool plain = is_plain(p.activation, panel_columns(p.columns, panel));
  const EvenSplit split(block.rows, kFloatTileRows<A>);
  std::size_t first = 0;
  for (std::size_t part = 0; part < split.parts(); ++part) {
    const std::size_t rows = split.size(part);
    tile.rows = block.starts + first;
    tile.inside = block.inside(first, rows);
    kFloatTiles<A>.functions[rows - 1](tile);
    if (plain) {
      finish_float_tile<A, true>(p, block.first_row + first, rows, panel, sums, extrema);
    } else {
      finish_float_tile<A, false>(p, block.first_row + first, rows, panel, sums, extrema);
    }
    first += rows;
  }
}

template <class A>
Extrema float_product(const FloatProduct& p, const Tile& tile) noexcept {
  ExtremaLanes<A> extrema;
  for_each_panel<FloatBlock>(p, tile, [&](const FloatBlock& block, std::size_t panel) {
    float_panel<A>(p, block, panel, extrema);
  });
  return extrema.merged();
}

}  // namespace
}  // namespace octavo::kernels
