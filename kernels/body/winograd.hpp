#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "kernels/body/epilogue.hpp"
#include "kernels/body/rows.hpp"
#include "kernels/body/store.hpp"
#include "kernels/body/winograd_transforms.hpp"
#include "kernels/kernels.hpp"
#include "kernels/simd.hpp"

/// Integer Winograd convolution (kernels/winograd.hpp): blocks of tiles are transformed, multiplied
/// position by position as matrices [tiles][channels] x [channels][columns], and transformed back.
namespace octavo::kernels {
namespace {

/// How far ahead transformed weights are prefetched: each is used for one block of tiles only.
inline constexpr std::size_t kWinogradPrefetchBytes = 2048;

/// A tile's image and the position of its first output.
struct WinogradTile {
  std::size_t image, y, x;

  WinogradTile(const WinogradProduct& p, std::size_t index) {
    const std::size_t line = index / p.tiles_x();
    x = index % p.tiles_x() * p.tile_size;
    y = line % p.tiles_y() * p.tile_size;
    image = line / p.tiles_y();
  }
};

/// One block's transformed inputs [position][tile][input_row] and sums [position][tile][sums_row].
struct WinogradBlock {
  std::size_t first_tile, tiles;
  std::int16_t* inputs;
  std::int32_t* sums;
};

inline const Quantization& quantization_of(const WinogradProduct& p, const WinogradTile& tile) {
  return p.quantization[tile.image / p.images_per_range];
}

/// B^T d B of all channels of a block's tiles. The rows of B^T but the middle ones sum to zero, so
/// the zero point is left at position (1, 1) alone.
template <class A, std::size_t M>
[[gnu::flatten]] void transform_inputs(const WinogradProduct& p, const WinogradBlock& block) {
  using Shorts = simd::batch<std::int16_t, A>;
  constexpr std::size_t kSide = M + 2;
  const auto pixel = static_cast<std::size_t>(p.rows.pixel_stride);
  const auto line = static_cast<std::size_t>(p.rows.line_stride);
  for (std::size_t t = 0; t < block.tiles; ++t) {
    const WinogradTile tile(p, block.first_tile + t);
    const std::uint8_t* from = p.a + tile.image * static_cast<std::size_t>(p.rows.image_stride) +
                               tile.y * line + tile.x * pixel;
    std::int16_t* to = block.inputs + t * p.input_row();
    const Shorts zero(static_cast<std::int16_t>(WinogradTransform<M>::kCentre *
                                                quantization_of(p, tile).zero_point));
    for (std::size_t c = 0; c < p.channels; c += Shorts::size) {
      Shorts columns[kSide][kSide];
      simd::unroll<kSide>([&](auto j) __attribute__((always_inline)) {
        Shorts d[kSide];
        simd::unroll<kSide>([&](auto i) __attribute__((always_inline)) {
          d[i] = simd::load_widened<A>(from + i * line + j * pixel + c);
        });
        WinogradTransform<M>::input(d, columns[j]);
      });
      simd::unroll<kSide>([&](auto i) __attribute__((always_inline)) {
        Shorts d[kSide];
        Shorts v[kSide];
        simd::unroll<kSide>([&](auto j) __attribute__((always_inline)) { d[j] = columns[j][i]; });
        WinogradTransform<M>::input(d, v);
        if constexpr (i == 1) v[1] -= zero;
        simd::unroll<kSide>([&](auto j) __attribute__((always_inline)) {
          v[j].store_aligned(to + (i * kSide + j) * p.input_stride() + c);
        });
      });
    }
  }
}

/// sums[r][n] = the sum over `pairs` pairs of channels, for `Rows` tiles and one panel.
template <class A, std::size_t Rows>
[[gnu::flatten]] void winograd_tile(const std::int16_t* inputs, std::size_t input_row,
                                    const std::int16_t* b, std::size_t pairs, std::int32_t* out,
                                    std::size_t sums_row) noexcept {
  using Shorts = simd::batch<std::int16_t, A>;
  using Ints = simd::batch<std::int32_t, A>;
  constexpr std::size_t kVectors = kPanelWidth / Ints::size;
  const std::int16_t* a[Rows];
  Ints sums[Rows][kVectors];
  simd::unroll<Rows>([&](auto r) __attribute__((always_inline)) {
    a[r] = inputs + r * input_row;
    simd::unroll<kVectors>([&](auto v) __attribute__((always_inline)) { sums[r][v] = Ints(0); });
  });
  for (std::size_t k = 0; k < 2 * pairs; k += 2, b += 2 * kPanelWidth) {
    Shorts weights[kVectors];
    simd::unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
      weights[v] = Shorts::load_aligned(b + v * Shorts::size);
    });
    simd::prefetch(b + kWinogradPrefetchBytes / sizeof(std::int16_t));
    simd::unroll<Rows>([&](auto r) __attribute__((always_inline)) {
      const Shorts x = simd::repeat_pair<A>(a[r] + k);
      simd::unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
        sums[r][v] = simd::madd_add(sums[r][v], x, weights[v]);
        simd::pin(sums[r][v]);
        simd::pin(weights[v]);
      });
    });
  }
  simd::unroll<Rows>([&](auto r) __attribute__((always_inline)) {
    simd::unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
      sums[r][v].store_aligned(out + r * sums_row + v * Ints::size);
    });
  });
}

using WinogradTileFunction = void (*)(const std::int16_t*, std::size_t, const std::int16_t*,
                                      std::size_t, std::int32_t*, std::size_t) noexcept;

/// For 1 row of tiles and more: as many as keep the sums in registers.
template <class A>
constexpr std::size_t kWinogradRows = [] {
  constexpr std::size_t kVectors = kPanelWidth / simd::lanes<std::int32_t, A>;
  return kVectors == 4 && simd::register_count<A> == 32 ? 6 : 12 / kVectors;
}();

struct WinogradTiles {
  WinogradTileFunction functions[12];
};

template <class A>
constexpr WinogradTiles kWinogradTiles = []<std::size_t... R>(std::index_sequence<R...>) {
  return WinogradTiles{{&winograd_tile<A, R + 1>...}};
}
(std::make_index_sequence<kWinogradRows<A>>{});

template <class A>
void multiply_block(const WinogradProduct& p, const WinogradBlock& block, const Tile& tile) {
  const std::size_t pairs = (p.channels + 1) / 2;
  const std::size_t panels = p.sums_row() / kPanelWidth;
  const EvenSplit split(block.tiles, kWinogradRows<A>);
  for (std::size_t position = 0; position < p.positions(); ++position) {
    const std::int16_t* inputs = block.inputs + position * p.input_stride();
    std::int32_t* sums = block.sums + position * p.sums_stride();
    for (std::size_t panel = tile.panel_begin; panel < tile.panel_end; ++panel) {
      const std::int16_t* b = p.b + (position * panels + panel) * pairs * 2 * kPanelWidth;
      std::size_t first = 0;
      for (std::size_t part = 0; part < split.parts(); ++part) {
        const std::size_t rows = split.size(part);
        kWinogradTiles<A>.functions[rows - 1](
            inputs + first * p.input_row(), p.input_row(), b, pairs,
            sums + first * p.sums_row() + panel * kPanelWidth, p.sums_row());
        first += rows;
      }
    }
  }
}

/// A^T m A of one vector of columns of one tile, into y [M][M].
template <class A, std::size_t M>
[[gnu::always_inline]] inline void transform_sums(const std::int32_t* sums, std::size_t stride,
                                                  simd::batch<std::int32_t, A> (&y)[M * M]) {
  using Ints = simd::batch<std::int32_t, A>;
  constexpr std::size_t kSide = M + 2;
  Ints columns[kSide][M];
  simd::unroll<kSide>([&](auto j) __attribute__((always_inline)) {
    Ints m[kSide];
    simd::unroll<kSide>([&](auto i) __attribute__((always_inline)) {
      m[i] = Ints::load_aligned(sums + (i * kSide + j) * stride);
    });
    WinogradTransform<M>::output(m, columns[j]);
  });
  simd::unroll<M>([&](auto i) __attribute__((always_inline)) {
    Ints m[kSide];
    Ints line[M];
    simd::unroll<kSide>([&](auto j) __attribute__((always_inline)) { m[j] = columns[j][i]; });
    WinogradTransform<M>::output(m, line);
    simd::unroll<M>([&](auto j) __attribute__((always_inline)) {
      y[i * M + j] = WinogradTransform<M>::unscaled(line[j]);
    });
  });
}

/// Brings one vector of columns of one tile to floats (or writes the sums as they are); `Plain` as
/// is_plain says.
template <class A, std::size_t M, bool Plain>
[[gnu::always_inline]] inline void finish_winograd_tile(
    const WinogradProduct& p, const WinogradTile& tile,
    const simd::batch<std::int32_t, A> (&y)[M * M], std::size_t column, Epilogue<A>& epilogue) {
  using Floats = simd::batch<float, A>;
  const auto out_width = static_cast<std::size_t>(p.rows.out_width);
  const auto out_height = static_cast<std::size_t>(p.rows.out_height);
  const std::size_t height = out_height - tile.y < M ? out_height - tile.y : M;
  const std::size_t width = out_width - tile.x < M ? out_width - tile.x : M;
  const std::size_t count = p.columns - column;
  const Floats scale =
      Floats(quantization_of(p, tile).scale) * Floats::load_unaligned(p.b_scales + column);
  const Floats bias = p.bias != nullptr ? Floats::load_unaligned(p.bias + column) : Floats(0.0F);
  std::size_t line =
      ((tile.image * out_height + tile.y) * out_width + tile.x) * p.out_stride + column;
  for (std::size_t i = 0; i < height; ++i, line += out_width * p.out_stride) {
    std::size_t out = line;
    for (std::size_t j = 0; j < width; ++j, out += p.out_stride) {
      const Floats sum = with_addend(xsimd::to_float(y[i * M + j]) * scale + bias, p.addend, out);
      if constexpr (Plain) {
        epilogue.store_clamped(sum, p.out + out);
      } else if (p.accumulators != nullptr) {
        store_first(y[i * M + j], count, p.accumulators + out);
      } else {
        epilogue.store(sum, count, p.out + out);
      }
    }
  }
}

template <class A, std::size_t M, bool Plain>
[[gnu::flatten]] void finish_block(const WinogradProduct& p, const WinogradBlock& block,
                                   const Tile& part, ExtremaLanes<A>& extrema) {
  using Ints = simd::batch<std::int32_t, A>;
  Epilogue<A> epilogue(p.activation, extrema);
  const std::size_t end =
      part.panel_end * kPanelWidth < p.columns ? part.panel_end * kPanelWidth : p.columns;
  for (std::size_t t = 0; t < block.tiles; ++t) {
    const WinogradTile tile(p, block.first_tile + t);
    const std::int32_t* sums = block.sums + t * p.sums_row();
    for (std::size_t n = part.panel_begin * kPanelWidth; n < end; n += Ints::size) {
      Ints y[M * M];
      transform_sums<A, M>(sums + n, p.sums_stride(), y);
      finish_winograd_tile<A, M, Plain>(p, tile, y, n, epilogue);
    }
  }
  epilogue.save(extrema);
}

template <class A, std::size_t M>
void winograd_blocks(const WinogradProduct& p, const Tile& tile, std::byte* workspace,
                     ExtremaLanes<A>& extrema) {
  WinogradBlock block;
  block.first_tile = tile.row_begin;
  block.inputs = reinterpret_cast<std::int16_t*>(workspace);
  block.sums = reinterpret_cast<std::int32_t*>(block.inputs + p.positions() * p.input_stride());
  const EvenSplit split(tile.row_end - tile.row_begin, WinogradProduct::kBlockTiles);
  for (std::size_t part = 0; part < split.parts(); ++part) {
    block.tiles = split.size(part);
    transform_inputs<A, M>(p, block);
    multiply_block<A>(p, block, tile);
    if (p.accumulators == nullptr && is_plain(p.activation, p.columns)) {
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

}  // namespace
}  // namespace octavo::kernels
