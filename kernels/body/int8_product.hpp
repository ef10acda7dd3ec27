#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "kernels/body/dot_tiles.hpp"
#include "kernels/body/epilogue.hpp"
#include "kernels/body/int8_tiles.hpp"
#include "kernels/body/panels.hpp"
#include "kernels/body/residual_tile.hpp"
#include "kernels/body/rows.hpp"
#include "kernels/body/store.hpp"
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

/// The tile functions of one method, for 1 to `rows` rows, and the number that their sums count
/// from: acc = sum of (a - origin) * b.
struct Int8Tiles {
  std::int32_t origin;
  std::size_t rows;
  Int8TileFunction functions[kMaxInt8Rows];
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
  // More than 8 rows would only make the code longer.
  constexpr std::size_t kMostSums = Method == Int8Method::wide ? 4 : kVectors == 1 ? 8 : 12;
  constexpr bool kFromZero = Method == Int8Method::chain1 || Method == Int8Method::wide;
  return []<std::size_t... R>(std::index_sequence<R...>) {
    return Int8Tiles{kFromZero ? 0 : 128, sizeof...(R), {int8_tile<A, Method, R + 1>()...}};
  }
  (std::make_index_sequence<kMostSums / kVectors>{});
}

template <class A, std::size_t Panels>
constexpr Int8Tiles kDotTiles = []<std::size_t... R>(std::index_sequence<R...>) {
  return Int8Tiles{simd::dot4_origin<A>, sizeof...(R), {dot_tile_of<A, R + 1, Panels>()...}};
}
(std::make_index_sequence<kDotRows<A, Panels>>{});

/// Where dot products of four bytes are exact, they serve every method.
template <class A, Int8Method Method>
requires(simd::dot4_sums<A> != 0) constexpr Int8Tiles int8_tiles_of() {
  return kDotTiles<A, 1>;
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

/// Chains need their registers for one panel.
template <class A>
inline constexpr std::size_t kInt8PanelsAtOnce = simd::dot4_sums<A> != 0 ? kPanelsAtOnce<A> : 1;

/// The tiles for some panels, the first of which is packed for `method`.
template <class A>
const Int8Tiles& int8_tiles_for(Int8Method method, std::size_t panels) {
  if constexpr (kInt8PanelsAtOnce < A >> 1) {
    if (panels > 1) return kDotTiles<A, kInt8PanelsAtOnce<A>>;
  }
  return kInt8Tiles<A>[static_cast<std::size_t>(method)];
}

/// Sums of one tile, counted from `origin`, on their way to the output.
struct Int8Sums {
  std::size_t first_row, rows;  ///< of the block
  std::size_t panel;
  std::int32_t origin;
  const std::int32_t* acc;
};

/// Some rows of a tile that share a quantization.
struct Int8Rows {
  std::size_t begin, end;
  const Quantization* quantization;
};

/// Whether all rows of a tile share a quantization.
template <class A>
bool shares_quantization(const Int8Block<A>& block, const Int8Sums& sums) {
  const Quantization* const* quantizations = block.quantizations + sums.first_row;
  return quantizations[0] == quantizations[sums.rows - 1];
}

/// Calls f(rows) for the runs of a tile's rows that share a quantization: mostly for all at once.
template <class A, class F>
[[gnu::always_inline]] inline void for_each_run(const Int8Block<A>& block, const Int8Sums& sums,
                                                F&& f) {
  const Quantization* const* quantizations = block.quantizations + sums.first_row;
  for (std::size_t begin = 0; begin < sums.rows;) {
    std::size_t end = begin + 1;
    while (end < sums.rows && quantizations[end] == quantizations[begin]) ++end;
    f(Int8Rows{begin, end, quantizations[begin]});
    begin = end;
  }
}

/// What takes the zero point out of the sums of one batch of columns.
template <class A>
simd::batch<std::int32_t, A> zero_point_correction(const Int8Product& p, const Int8Sums& sums,
                                                   const Quantization& quantization,
                                                   std::size_t column) {
  using Ints = simd::batch<std::int32_t, A>;
  return Ints(sums.origin - quantization.zero_point) * Ints::load_aligned(p.column_sums + column);
}

/// Brings the sums of a run of rows to floats, `Plain` as is_plain says. For each batch of columns
/// for_each_row(acc, start, finish) calls finish(acc, out, addend, index) for all rows: the sums,
/// and what is `index` elements behind the others.
template <class A, bool Plain, class ForEachRow>
[[gnu::always_inline]] inline void finish_int8_rows(const Int8Product& p, const Int8Block<A>& block,
                                                    const Int8Sums& sums, const Int8Rows& rows,
                                                    Epilogue<A>& epilogue,
                                                    const ForEachRow& for_each_row) {
  using Ints = simd::batch<std::int32_t, A>;
  using Floats = simd::batch<float, A>;
  for (std::size_t n = 0; n < kPanelWidth; n += Floats::size) {
    const std::size_t column = sums.panel * kPanelWidth + n;
    const std::size_t count = columns_from(column, p.columns);
    const simd::FirstLanes<A> lanes(count);
    const Ints correction = zero_point_correction<A>(p, sums, *rows.quantization, column);
    const Floats scale =
        Floats(rows.quantization->scale) * Floats::load_unaligned(p.b_scales + column);
    const Floats bias = bias_at<A>(p.bias, column);
    const std::size_t first_row = block.first_row + sums.first_row + rows.begin;
    for_each_row(
        sums.acc + rows.begin * kPanelWidth + n, first_row * p.out_stride + column,
        [&](const std::int32_t* acc, float* out, const float* addend, std::size_t index)
            __attribute__((always_inline)) {
              const Floats product = xsimd::to_float(Ints::load_aligned(acc) + correction) * scale;
              const Floats sum = with_addend(product + bias, addend, index);
              if constexpr (Plain) {
                epilogue.store_clamped(sum, lanes, out + index);
              } else {
                epilogue.store(sum, count, out + index);
              }
            });
  }
}

/// Brings the sums of one tile to floats; `Plain` as is_plain says.
template <class A, bool Plain>
void finish_int8_tile(const Int8Product& p, const Int8Block<A>& block, const Int8Sums& sums,
                      ExtremaLanes<A>& extrema) {
  const std::size_t out_stride = p.out_stride;
  const float* addend = p.addend;
  float* out = p.out;
  Epilogue<A> epilogue(p.activation, extrema);
  for_each_run<A>(
      block, sums, [&](const Int8Rows& rows) __attribute__((always_inline)) {
        const auto for_each_row = [&](const std::int32_t* acc, std::size_t index,
                                      const auto& finish) __attribute__((always_inline)) {
          for (std::size_t r = rows.begin; r < rows.end;
               ++r, acc += kPanelWidth, index += out_stride) {
            finish(acc, out, addend, index);
          }
        };
        finish_int8_rows<A, Plain>(p, block, sums, rows, epilogue, for_each_row);
      });
  epilogue.save(extrema);
}

/// The rows of the largest tiles of most methods.
template <class A>
inline constexpr std::size_t kMostRows = kInt8Tiles<A>[0].rows;

/// The same for kMostRows plain rows that share a quantization, unrolled.
template <class A>
void finish_whole_int8_tile(const Int8Product& p, const Int8Block<A>& block, const Int8Sums& sums,
                            ExtremaLanes<A>& extrema) {
  Epilogue<A> epilogue(p.activation, extrema);
  const auto for_each_row = [&](const std::int32_t* acc, std::size_t start, const auto& finish)
      __attribute__((always_inline)) {
    const auto finish_all = [&](const float* addend) __attribute__((always_inline)) {
      simd::unroll<kMostRows<A>>([&](auto r) __attribute__((always_inline)) {
        finish(acc + r * kPanelWidth, p.out + start, addend, r * p.out_stride);
      });
    };
    if (p.addend != nullptr) {
      finish_all(p.addend + start);
    } else {
      finish_all(nullptr);
    }
  };
  const Int8Rows rows{0, kMostRows<A>, block.quantizations[sums.first_row]};
  finish_int8_rows<A, true>(p, block, sums, rows, epilogue, for_each_row);
  epilogue.save(extrema);
}

/// Writes the sums of one tile as they are.
template <class A>
void store_int8_tile(const Int8Product& p, const Int8Block<A>& block, const Int8Sums& sums) {
  using Ints = simd::batch<std::int32_t, A>;
  for_each_run<A>(block, sums, [&](const Int8Rows& rows) {
    for (std::size_t n = 0; n < kPanelWidth; n += Ints::size) {
      const std::size_t column = sums.panel * kPanelWidth + n;
      const Ints correction = zero_point_correction<A>(p, sums, *rows.quantization, column);
      for (std::size_t r = rows.begin; r < rows.end; ++r) {
        const std::size_t row = block.first_row + sums.first_row + r;
        store_first(Ints::load_aligned(sums.acc + r * kPanelWidth + n) + correction,
                    columns_from(column, p.columns), p.accumulators + row * p.out_stride + column);
      }
    }
  });
}

/// Brings the sums of one tile to the output.
template <class A>
void finish_int8_sums(const Int8Product& p, const Int8Block<A>& block, const Int8Sums& sums,
                      ExtremaLanes<A>& extrema) {
  if (p.accumulators != nullptr) {
    store_int8_tile<A>(p, block, sums);
  } else if (!is_plain<A>(p.activation, (sums.panel + 1) * kPanelWidth <= p.columns)) {
    finish_int8_tile<A, false>(p, block, sums, extrema);
  } else if (sums.rows == kMostRows<A> && shares_quantization(block, sums)) {
    finish_whole_int8_tile<A>(p, block, sums, extrema);
  } else {
    finish_int8_tile<A, true>(p, block, sums, extrema);
  }
}

template <class A>
void int8_panels(const Int8Product& p, const Int8Block<A>& block, std::size_t panel,
                 std::size_t count, ExtremaLanes<A>& extrema) {
  constexpr std::size_t kTileSums = kMaxInt8Rows * kPanelWidth;
  alignas(64) std::int32_t acc[kInt8PanelsAtOnce<A> * kTileSums];
  const Int8Tiles& tiles = int8_tiles_for<A>(method_for(p.methods[panel], block.rows), count);
  const RowMap one_segment;
  Int8Tile tile;
  tile.map = p.gathered != 0 ? &one_segment : &p.rows;
  tile.groups = p.packed_depth / 4;
  tile.panel_stride = kPanelWidth * p.packed_depth * static_cast<std::size_t>(tile.map->segments());
  tile.b = p.b + panel * tile.panel_stride;
  tile.compensation = p.compensation + panel * p.compensation_stride;
  const EvenSplit split(block.rows, tiles.rows);
  std::size_t first = 0;
  for (std::size_t part = 0; part < split.parts(); ++part) {
    const std::size_t rows = split.size(part);
    tile.rows = block.starts + first;
    tile.acc = acc;
    if (p.accumulators == nullptr && rows > kPrefetchRows) {
      const float* out = p.out + (block.first_row + first) * p.out_stride + panel * kPanelWidth;
      for (std::size_t i = 0; i < count; ++i) {
        prefetch_rows(out + i * kPanelWidth, rows, p.out_stride);
      }
    }
    tiles.functions[rows - 1](tile);
    for (std::size_t i = 0; i < count; ++i, tile.acc += kTileSums) {
      if (p.residuals.ends != nullptr) {
        add_residual<A>(tile, rows, p.residuals, panel + i, tiles.origin);
      }
      finish_int8_sums<A>(p, block, {first, rows, panel + i, tiles.origin, tile.acc}, extrema);
    }
    first += rows;
  }
}

template <class A>
Extrema int8_product(const Int8Product& p, const Tile& tile) noexcept {
  ExtremaLanes<A> extrema;
  for_each_block<Int8Block<A>, kInt8PanelsAtOnce<A>>(
      p, tile, [&](const Int8Block<A>& block, std::size_t panel, std::size_t count) {
        int8_panels<A>(p, block, panel, count, extrema);
      });
  return extrema.merged();
}

}  // namespace
}  // namespace octavo::kernels
