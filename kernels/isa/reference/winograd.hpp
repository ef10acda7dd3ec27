#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/isa/reference/shared.hpp"

/// Winograd convolutions as plain loops over matrices.
namespace octavo::kernels {
namespace {

/// The transforms of kernels/winograd.hpp as matrices.
constexpr int kInput4[6][6] = {{4, 0, -5, 0, 1, 0},  {0, -4, -4, 1, 1, 0}, {0, 4, -4, -1, 1, 0},
                               {0, -2, -1, 2, 1, 0}, {0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1}};
constexpr int kOutput4[4][6] = {
    {1, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, 0}, {0, 1, 1, 4, 4, 0}, {0, 1, -1, 8, -8, 4}};
constexpr int kInput2[4][4] = {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}};
constexpr int kOutput2[2][4] = {{1, 1, 1, 0}, {0, 1, -1, -1}};
constexpr double kP = FloatWinogradProduct::kPoint;
constexpr double kQ = 1.0 / kP;
constexpr double kFloatInput[6][6] = {
    {1, 0, -kP* kP - kQ* kQ, 0, 1, 0}, {0, -kQ, -kQ* kQ, kP, 1, 0},
    {0, kQ, -kQ* kQ, -kP, 1, 0},       {0, -kP, -kP* kP, kQ, 1, 0},
    {0, kP, -kP* kP, -kQ, 1, 0},       {0, 1, 0, -kP* kP - kQ* kQ, 0, 1}};
constexpr double kFloatOutput[4][6] = {{1, 1, 1, 1, 1, 0},
                                       {0, kP, -kP, kQ, -kQ, 0},
                                       {0, kP* kP, kP* kP, kQ* kQ, kQ* kQ, 0},
                                       {0, kP* kP* kP, -kP* kP* kP, kQ* kQ* kQ, -kQ* kQ* kQ, 1}};

/// out = left * x * left^T, for x [Columns][Columns].
template <class Coefficient, class Wide, std::size_t Rows, std::size_t Columns>
void transform(const Coefficient (&left)[Rows][Columns], const Wide (&x)[Columns][Columns],
               Wide (&out)[Rows][Rows]) {
  for (std::size_t i = 0; i < Rows; ++i) {
    for (std::size_t j = 0; j < Rows; ++j) {
      out[i][j] = 0;
      for (std::size_t k = 0; k < Columns; ++k) {
        for (std::size_t l = 0; l < Columns; ++l) out[i][j] += left[i][k] * x[k][l] * left[j][l];
      }
    }
  }
}

/// Calls store(image, output row, column, sum) for the outputs of Winograd tiles of MxM, summed in
/// type Wide. `element(image, y, x, c)` is the input at (y, x) from the first output's first tap.
template <class Wide, std::size_t M, class Product, class Coefficient, class Element, class Store>
void for_each_winograd_sum(const Product& p, const Tile& tile,
                           const Coefficient (&input)[M + 2][M + 2],
                           const Coefficient (&output)[M][M + 2], Element&& element,
                           Store&& store) {
  constexpr std::size_t kSide = M + 2;
  const auto out_height = static_cast<std::size_t>(p.rows.out_height);
  const auto out_width = static_cast<std::size_t>(p.rows.out_width);
  const std::size_t panels = p.sums_row() / kPanelWidth;
  const std::size_t depth = (p.channels + Product::kGroup - 1) / Product::kGroup * Product::kGroup;
  const auto weight = [&](std::size_t position, std::size_t n, std::size_t c) {
    const std::size_t panel = position * panels + n / kPanelWidth;
    const std::size_t group = panel * depth / Product::kGroup + c / Product::kGroup;
    return p.b[(group * kPanelWidth + n % kPanelWidth) * Product::kGroup + c % Product::kGroup];
  };
  for (std::size_t t = tile.row_begin; t < tile.row_end; ++t) {
    const std::size_t image = t / (p.tiles_y() * p.tiles_x());
    const std::size_t y = t / p.tiles_x() % p.tiles_y() * M;
    const std::size_t x = t % p.tiles_x() * M;
    for (std::size_t n = tile.panel_begin * kPanelWidth; n < last_column(tile, p.columns); ++n) {
      Wide products[kSide][kSide] = {};
      for (std::size_t c = 0; c < p.channels; ++c) {
        Wide d[kSide][kSide];
        Wide v[kSide][kSide];
        for (std::size_t i = 0; i < kSide; ++i) {
          for (std::size_t j = 0; j < kSide; ++j) d[i][j] = element(image, y + i, x + j, c);
        }
        transform(input, d, v);
        for (std::size_t i = 0; i < kSide; ++i) {
          for (std::size_t j = 0; j < kSide; ++j) {
            products[i][j] += v[i][j] * weight(i * kSide + j, n, c);
          }
        }
      }
      Wide sums[M][M];
      transform(output, products, sums);
      for (std::size_t i = 0; i < M && y + i < out_height; ++i) {
        for (std::size_t j = 0; j < M && x + j < out_width; ++j) {
          store(image, (image * out_height + y + i) * out_width + x + j, n, sums[i][j]);
        }
      }
    }
  }
}

template <std::size_t M>
void winograd_tiles(const WinogradProduct& p, const Tile& tile, std::int64_t scale,
                    const int (&input)[M + 2][M + 2], const int (&output)[M][M + 2],
                    Extrema& extrema) {
  const auto element = [&](std::size_t image, std::size_t y, std::size_t x, std::size_t c) {
    return std::int64_t{p.a[image * static_cast<std::size_t>(p.rows.image_stride) +
                            y * static_cast<std::size_t>(p.rows.line_stride) +
                            x * static_cast<std::size_t>(p.rows.pixel_stride) + c]} -
           p.quantization[image / p.images_per_range].zero_point;
  };
  for_each_winograd_sum<std::int64_t, M>(
      p, tile, input, output, element,
      [&](std::size_t image, std::size_t row, std::size_t n, std::int64_t scaled) {
        const auto sum = static_cast<std::int32_t>(scaled / scale);
        if (p.accumulators != nullptr) {
          p.accumulators[row * p.out_stride + n] = sum;
          return;
        }
        const float bias = p.bias != nullptr ? p.bias[n] : 0.0F;
        const float product = static_cast<float>(sum) *
                              (p.quantization[image / p.images_per_range].scale * p.b_scales[n]);
        const std::size_t to = row * p.out_stride + n;
        finish(p.activation, with_addend(product + bias, p.addend, to), p.out[to], extrema);
      });
}

Extrema winograd_product(const WinogradProduct& p, const Tile& tile, std::byte*) noexcept {
  Extrema extrema;
  if (p.tile_size == 4) {
    winograd_tiles<4>(p, tile, 576, kInput4, kOutput4, extrema);
  } else {
    winograd_tiles<2>(p, tile, 4, kInput2, kOutput2, extrema);
  }
  return extrema;
}

Extrema float_winograd_product(const FloatWinogradProduct& p, const Tile& tile,
                               std::byte*) noexcept {
  Extrema extrema;
  const auto element = [&](std::size_t image, std::size_t row, std::size_t column, std::size_t c) {
    const std::int64_t y = static_cast<std::int64_t>(row) - p.rows.pad_top;
    const std::int64_t x = static_cast<std::int64_t>(column) - p.rows.pad_left;
    if (y < 0 || y >= p.rows.in_height || x < 0 || x >= p.rows.in_width) return 0.0;
    return double{
        p.a[static_cast<std::int64_t>(image) * p.rows.image_stride + y * p.rows.line_stride +
            x * p.rows.pixel_stride + static_cast<std::int64_t>(c)]};
  };
  for_each_winograd_sum<double, 4>(p, tile, kFloatInput, kFloatOutput, element,
                                   [&](std::size_t, std::size_t row, std::size_t n, double sum) {
                                     const float bias = p.bias != nullptr ? p.bias[n] : 0.0F;
                                     const std::size_t to = row * p.out_stride + n;
                                     const float biased = static_cast<float>(sum) + bias;
                                     finish(p.activation, with_addend(biased, p.addend, to),
                                            p.out[to], extrema);
                                   });
  return extrema;
}

}  // namespace
}  // namespace octavo::kernels
