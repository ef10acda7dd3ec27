#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "kernels/body/epilogue.hpp"
#include "kernels/body/panels.hpp"
#include "kernels/body/rows.hpp"
#include "kernels/body/store.hpp"
#include "kernels/body/winograd_arithmetic.hpp"
#include "kernels/body/winograd_transforms.hpp"
#include "kernels/kernels.hpp"
#include "kernels/simd.hpp"

/// Winograd convolution, integer and float (kernels/winograd.hpp): blocks of tiles are transformed,
/// multiplied position by position as matrices [tiles][channels] x [channels][columns], and
/// transformed back.
namespace octavo::kernels {
namespace {

/// How far ahead transformed weights are prefetched: each is used for one block of tiles only.
inline constexpr std::size_t kWinogradPrefetchBytes = 2048;

/// One block's transformed inputs [position][tile][input_row] and sums [position][tile][sums_row].
template <class Product>
struct WinogradBlock {
  std::size_t first_tile, tiles;
  typename Product::Operand* inputs;
  typename Product::Sum* sums;
  std::byte* room;  ///< what source_of may use
};

/// B^T d B of all channels of a block's tiles. The rows of B^T but the middle ones sum to zero, so
/// an integer input's zero point is left at position (1, 1) alone.
template <class A, std::size_t M, class Product>
[[gnu::flatten]] void transform_inputs(const Product& p, const WinogradBlock<Product>& block) {
  using Operand = typename Product::Operand;
  using Operands = simd::batch<Operand, A>;
  using Transform = WinogradTransform<Operand, M>;
  constexpr std::size_t kSide = M + 2;
  for (std::size_t t = 0; t < block.tiles; ++t) {
    const WinogradTile tile(p, block.first_tile + t);
    const WinogradSource source = source_of(p, tile, block.room);
    Operand* to = block.inputs + t * p.input_row();
    Operands zero(Operand{0});
    if constexpr (std::is_integral_v<Operand>) {
      zero =
          Operands(static_cast<Operand>(Transform::kCentre * quantization_of(p, tile).zero_point));
    }
    for (std::size_t c = 0; c < p.channels; c += Operands::size) {
      Operands columns[kSide][kSide];
      simd::unroll<kSide>([&](auto j) __attribute__((always_inline)) {
        Operands d[kSide];
        simd::unroll<kSide>([&](auto i) __attribute__((always_inline)) {
          d[i] = load_operands<A>(source.start + i * source.line + j * source.pixel + c);
        });
        Transform::input(d, columns[j]);
      });
      simd::unroll<kSide>([&](auto i) __attribute__((always_inline)) {
        Operands d[kSide];
        Operands v[kSide];
        simd::unroll<kSide>([&](auto j) __attribute__((always_inline)) { d[j] = columns[j][i]; });
        Transform::input(d, v);
        if constexpr (i == 1 && std::is_integral_v<Operand>) v[1] -= zero;
        simd::unroll<kSide>([&](auto j) __attribute__((always_inline)) {
          v[j].store_aligned(to + (i * kSide + j) * p.input_stride() + c);
        });
      });
    }
  }
}

/// sums[r][n] = the sum over `groups` groups of channels, for `Rows` tiles and some panels.
template <class A, class Product, std::size_t Rows, std::size_t Panels>
[[gnu::flatten]] void winograd_tile(const typename Product::Operand* inputs, std::size_t input_row,
                                    const typename Product::Operand* b, std::size_t groups,
                                    typename Product::Sum* out, std::size_t sums_row) noexcept {
  using Operands = simd::batch<typename Product::Operand, A>;
  using Sums = simd::batch<typename Product::Sum, A>;
  constexpr std::size_t kGroup = Product::kGroup;
  constexpr std::size_t kOfPanel = kPanelWidth / Sums::size;
  constexpr std::size_t kVectors = Panels * kOfPanel;
  const std::size_t panel_stride = groups * kGroup * kPanelWidth;
  const typename Product::Operand* a[Rows];
  Sums sums[Rows][kVectors];
  simd::unroll<Rows>([&](auto r) __attribute__((always_inline)) {
    a[r] = inputs + r * input_row;
    simd::unroll<kVectors>([&](auto v) __attribute__((always_inline)) { sums[r][v] = Sums(0); });
  });
  for (std::size_t k = 0; k < kGroup * groups; k += kGroup, b += kGroup * kPanelWidth) {
    Operands weights[kVectors];
    simd::unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
      const auto* from = b + v / kOfPanel * panel_stride;
      weights[v] = Operands::load_aligned(from + v % kOfPanel * Operands::size);
      if constexpr (v % kOfPanel == 0) simd::prefetch(from + kWinogradPrefetchBytes / sizeof(*b));
    });
    simd::unroll<Rows>([&](auto r) __attribute__((always_inline)) {
      const Operands x = repeat_group<A>(a[r] + k);
      simd::unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
        sums[r][v] = multiply_add(x, weights[v], sums[r][v]);
        simd::pin(sums[r][v]);
        simd::pin(weights[v]);
      });
    });
  }
  simd::unroll<Rows>([&](auto r) __attribute__((always_inline)) {
    simd::unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
      sums[r][v].store_aligned(out + r * sums_row + v * Sums::size);
    });
  });
}

/// For 1 row of tiles and more: as many as keep the sums in registers. Eight sums hide the latency
/// of an addition.
template <class A, std::size_t Panels>
constexpr std::size_t kWinogradRows = [] {
  constexpr std::size_t kVectors = Panels * kPanelWidth / simd::lanes<std::int32_t, A>;
  constexpr std::size_t kSums = kVectors == 1 ? 8 : simd::register_count<A> == 32 ? 24 : 12;
  return kSums / kVectors;
}();

template <class Product>
struct WinogradTiles {
  std::size_t rows;
  void (*functions[12])(const typename Product::Operand*, std::size_t,
                        const typename Product::Operand*, std::size_t, typename Product::Sum*,
                        std::size_t) noexcept;
};

template <class A, class Product, std::size_t Panels>
constexpr WinogradTiles<Product> kWinogradTiles = []<std::size_t... R>(std::index_sequence<R...>) {
  return WinogradTiles<Product>{sizeof...(R), {&winograd_tile<A, Product, R + 1, Panels>...}};
}
(std::make_index_sequence<kWinogradRows<A, Panels>>{});

template <class A, class Product>
void multiply_block(const Product& p, const WinogradBlock<Product>& block, const Tile& tile) {
  const std::size_t groups = (p.channels + Product::kGroup - 1) / Product::kGroup;
  const std::size_t panels = p.sums_row() / kPanelWidth;
  for (std::size_t position = 0; position < p.positions(); ++position) {
    const auto* inputs = block.inputs + position * p.input_stride();
    auto* sums = block.sums + position * p.sums_stride();
    for_each_panels<kPanelsAtOnce<A>>(tile, [&](std::size_t panel, std::size_t count) {
      const auto& tiles = count < kPanelsAtOnce<A> ? kWinogradTiles<A, Product, 1>
                                                   : kWinogradTiles<A, Product, kPanelsAtOnce<A>>;
      const auto* b = p.b + (position * panels + panel) * groups * Product::kGroup * kPanelWidth;
      const EvenSplit split(block.tiles, tiles.rows);
      std::size_t first = 0;
      for (std::size_t part = 0; part < split.parts(); ++part) {
        const std::size_t rows = split.size(part);
        tiles.functions[rows - 1](inputs + first * p.input_row(), p.input_row(), b, groups,
                                  sums + first * p.sums_row() + panel * kPanelWidth, p.sums_row());
        first += rows;
      }
    });
  }
}

/// A^T m A of one vector of columns of one tile, into y [M][M].
template <class A, std::size_t M, class Product>
[[gnu::always_inline]] inline void transform_sums(
    const Product& p, const typename Product::Sum* sums,
    simd::batch<typename Product::Sum, A> (&y)[M * M]) {
  using Sums = simd::batch<typename Product::Sum, A>;
  using Transform = WinogradTransform<typename Product::Operand, M>;
  constexpr std::size_t kSide = M + 2;
  const std::size_t stride = p.sums_stride();
  Sums columns[kSide][M];
  simd::unroll<kSide>([&](auto j) __attribute__((always_inline)) {
    Sums m[kSide];
    simd::unroll<kSide>([&](auto i) __attribute__((always_inline)) {
      m[i] = Sums::load_aligned(sums + (i * kSide + j) * stride);
    });
    Transform::output(m, columns[j]);
  });
  simd::unroll<M>([&](auto i) __attribute__((always_inline)) {
    Sums m[kSide];
    Sums line[M];
    simd::unroll<kSide>([&](auto j) __attribute__((always_inline)) { m[j] = columns[j][i]; });
    Transform::output(m, line);
    simd::unroll<M>([&](auto j) __attribute__((always_inline)) {
      y[i * M + j] = Transform::unscaled(line[j]);
    });
  });
}

/// Brings one vector of columns of one tile to floats (or writes integer sums as they are); `Plain`
/// as is_plain says.
template <class A, std::size_t M, bool Plain, class Product>
[[gnu::always_inline]] inline void finish_winograd_tile(
    const Product& p, const WinogradTile& tile,
    const simd::batch<typename Product::Sum, A> (&y)[M * M], std::size_t column,
    Epilogue<A>& epilogue) {
  const auto out_width = static_cast<std::size_t>(p.rows.out_width);
  const auto out_height = static_cast<std::size_t>(p.rows.out_height);
  const std::size_t height = out_height - tile.y < M ? out_height - tile.y : M;
  const std::size_t width = out_width - tile.x < M ? out_width - tile.x : M;
  const std::size_t count = p.columns - column;
  const simd::FirstLanes<A> lanes(count);
  const WinogradOutput<A, Product> output(p, tile, column);
  std::size_t line =
      ((tile.image * out_height + tile.y) * out_width + tile.x) * p.out_stride + column;
  for (std::size_t i = 0; i < height; ++i, line += out_width * p.out_stride) {
    std::size_t out = line;
    for (std::size_t j = 0; j < width; ++j, out += p.out_stride) {
      if constexpr (Plain) {
        epilogue.store_clamped(with_addend(output(y[i * M + j]), p.addend, out), lanes,
                               p.out + out);
        continue;
      }
      if constexpr (std::is_same_v<Product, WinogradProduct>) {
        if (p.accumulators != nullptr) {
          store_first(y[i * M + j], count, p.accumulators + out);
          continue;
        }
      }
      epilogue.store(with_addend(output(y[i * M + j]), p.addend, out), count, p.out + out);
    }
  }
}

template <class A, std::size_t M, bool Plain, class Product>
[[gnu::flatten]] void finish_block(const Product& p, const WinogradBlock<Product>& block,
                                   const Tile& part, ExtremaLanes<A>& extrema) {
  using Sums = simd::batch<typename Product::Sum, A>;
  Epilogue<A> epilogue(p.activation, extrema);
  const std::size_t end =
      part.panel_end * kPanelWidth < p.columns ? part.panel_end * kPanelWidth : p.columns;
  for (std::size_t t = 0; t < block.tiles; ++t) {
    const WinogradTile tile(p, block.first_tile + t);
    const auto* sums = block.sums + t * p.sums_row();
    for (std::size_t n = part.panel_begin * kPanelWidth; n < end; n += Sums::size) {
      Sums y[M * M];
      transform_sums<A, M>(p, sums + n, y);
      finish_winograd_tile<A, M, Plain>(p, tile, y, n, epilogue);
    }
  }
  epilogue.save(extrema);
}

template <class A, std::size_t M, class Product>
void winograd_blocks(const Product& p, const Tile& tile, std::byte* workspace,
                     ExtremaLanes<A>& extrema) {
  WinogradBlock<Product> block;
  block.first_tile = tile.row_begin;
  block.inputs = reinterpret_cast<typename Product::Operand*>(workspace);
  block.sums =
      reinterpret_cast<typename Product::Sum*>(block.inputs + p.positions() * p.input_stride());
  block.room = reinterpret_cast<std::byte*>(block.sums + p.positions() * p.sums_stride());
  const EvenSplit split(tile.row_end - tile.row_begin, Product::kBlockTiles);
  for (std::size_t part = 0; part < split.parts(); ++part) {
    block.tiles = split.size(part);
    transform_inputs<A, M>(p, block);
    multiply_block<A>(p, block, tile);
    if (is_plain<A>(p)) {
      finish_block<A, M, true>(p, block, tile, extrema);
    } else {
      finish_block<A, M, false>(p, block, tile, extrema);
    }
    block.first_tile += block.tiles;
  }
}

template <class A>
Extrema winograd_product(const WinogradProduct& p, const Tile& tile,
                         std::byte* workspace) noexcept {
  ExtremaLanes<A> extrema;
  if (p.tile_size == 4) {
    winograd_blocks<A, 4>(p, tile, workspace, extrema);
  } else {
    winograd_blocks<A, 2>(p, tile, workspace, extrema);
  }
  return extrema.merged();
}

template <class A>
Extrema float_winograd_product(const FloatWinogradProduct& p, const Tile& tile,
                               std::byte* workspace) noexcept {
  ExtremaLanes<A> extrema;
  winograd_blocks<A, 4>(p, tile, workspace, extrema);
  return extrema.merged();
}

}  // namespace
}  // namespace octavo::kernels
