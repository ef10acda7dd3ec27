#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/isa/reference/shared.hpp"

/// Float, int8 and depthwise products as plain loops.
namespace octavo::kernels {
namespace {

Extrema float_product(const FloatProduct& p, const Tile& tile) noexcept {
  Extrema extrema;
  const std::size_t panel_size =
      kPanelWidth * p.depth * static_cast<std::size_t>(p.rows.segments());
  RowCursor row(p.rows, tile.row_begin);
  for (std::size_t m = tile.row_begin; m < tile.row_end; ++m, row.next()) {
    for (std::size_t n = tile.panel_begin * kPanelWidth; n < last_column(tile, p.columns); ++n) {
      const float* b = p.b + n / kPanelWidth * panel_size + n % kPanelWidth;
      float sum = 0.0F;
      for_each_segment_inside(p.rows, row, [&](std::size_t s, std::int64_t offset) {
        for (std::size_t k = 0; k < p.depth; ++k) {
          sum += p.a[offset + static_cast<std::int64_t>(k)] * b[(s * p.depth + k) * kPanelWidth];
        }
      });
      const float bias = p.bias != nullptr ? p.bias[n] : 0.0F;
      const std::size_t to = m * p.out_stride + n;
      finish(p.activation, with_addend(sum + bias, p.addend, to), p.out[to], extrema);
    }
  }
  return extrema;
}

/// What was split off element k of packed segment `segment`, counted over all panels, of column n.
std::int32_t residual_weight(const Int8Residuals& r, std::size_t n, std::size_t segment,
                             std::size_t k) {
  if (r.ends == nullptr) return 0;
  for (std::size_t i = segment == 0 ? 0 : r.ends[segment - 1]; i < r.ends[segment]; ++i) {
    if (r.groups[i] == k / 4) return r.b[(i * kPanelWidth + n % kPanelWidth) * 4 + k % 4];
  }
  return 0;
}

/// Element k of packed segment `segment` of column n.
std::int32_t weight(const Int8Product& p, std::size_t n, std::size_t segment, std::size_t k) {
  const std::size_t segments = p.gathered != 0 ? 1 : static_cast<std::size_t>(p.rows.segments());
  const std::size_t all = n / kPanelWidth * segments + segment;
  const std::size_t group = all * (p.packed_depth / 4) + k / 4;
  return p.b[(group * kPanelWidth + n % kPanelWidth) * 4 + k % 4] +
         residual_weight(p.residuals, n, all, k);
}

std::int32_t exact_sum(const Int8Product& p, const RowCursor& row, std::size_t n,
                       std::int32_t zero_point) {
  std::int32_t sum = 0;
  for_each_segment_inside(p.rows, row, [&](std::size_t s, std::int64_t offset) {
    const std::size_t depth = p.gathered != 0 ? p.gathered : p.depth;
    for (std::size_t k = 0; k < depth; ++k) {
      const std::int32_t w = p.gathered != 0 ? weight(p, n, 0, s * depth + k) : weight(p, n, s, k);
      sum += (p.a[offset + static_cast<std::int64_t>(k)] - zero_point) * w;
    }
  });
  return sum;
}

Extrema int8_product(const Int8Product& p, const Tile& tile) noexcept {
  Extrema extrema;
  RowCursor row(p.rows, tile.row_begin);
  for (std::size_t m = tile.row_begin; m < tile.row_end; ++m, row.next()) {
    const Quantization& quantization = p.quantization[m / p.rows_per_range];
    for (std::size_t n = tile.panel_begin * kPanelWidth; n < last_column(tile, p.columns); ++n) {
      const std::int32_t sum = exact_sum(p, row, n, quantization.zero_point);
      if (p.accumulators != nullptr) {
        p.accumulators[m * p.out_stride + n] = sum;
        continue;
      }
      const float bias = p.bias != nullptr ? p.bias[n] : 0.0F;
      const float product = static_cast<float>(sum) * (quantization.scale * p.b_scales[n]);
      const std::size_t to = m * p.out_stride + n;
      finish(p.activation, with_addend(product + bias, p.addend, to), p.out[to], extrema);
    }
  }
  return extrema;
}

float depthwise_sum(const DepthwiseProduct& p, const RowCursor& row, std::size_t c) {
  float sum = p.bias != nullptr ? p.bias[c] : 0.0F;
  for (std::int64_t j = 0; j < p.rows.kernel_width; ++j) {
    for (std::int64_t i = 0; i < p.rows.kernel_height; ++i) {
      const std::int64_t offset = segment_offset(p.rows, row, i, j);
      if (offset < 0) continue;
      const auto s = static_cast<std::size_t>(i * p.rows.kernel_width + j);
      sum += p.a[offset + static_cast<std::int64_t>(c)] * p.weights[s * p.channels + c];
    }
  }
  return sum;
}

Extrema depthwise_product(const DepthwiseProduct& p, std::size_t line_begin,
                          std::size_t line_end) noexcept {
  Extrema extrema;
  const std::size_t width = static_cast<std::size_t>(p.rows.out_width);
  RowCursor row(p.rows, line_begin * width);
  for (std::size_t m = line_begin * width; m < line_end * width; ++m, row.next()) {
    for (std::size_t c = 0; c < p.channels; ++c) {
      finish(p.activation, depthwise_sum(p, row, c), p.out[m * p.channels + c], extrema);
    }
  }
  return p.wants_extrema ? extrema : Extrema{};
}

}  // namespace
}  // namespace octavo::kernels
