#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "kernels/body/dot_tiles.hpp"
#include "kernels/body/epilogue.hpp"
#include "kernels/body/int8_block.hpp"
#include "kernels/body/int8_epilogue.hpp"
#include "kernels/body/int8_tiles.hpp"
#include "kernels/body/panels.hpp"
#include "kernels/body/residual_tile.hpp"
#include "kernels/body/rows.hpp"
#include "kernels/body/store.hpp"
#include "kernels/kernels.hpp"
#include "kernels/simd.hpp"

namespace octavo::kernels {
namespace {

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

/// The rows of the largest tiles of most methods.
template <class A>
inline constexpr std::size_t kMostRows = kInt8Tiles<A>[0].rows;

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
      finish_int8_sums<A, kMostRows<A>>(p, block, {first, rows, panel + i, tiles.origin, tile.acc},
                                        extrema);
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
