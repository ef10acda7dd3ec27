#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "kernels/isa/reference/shared.hpp"

/// Pools and functions of vectors as plain loops.
namespace octavo::kernels {
namespace {

/// The larger one; NaN when either is.
float larger(float x, float y) {
  return x > y || std::isnan(x) ? x : y;
}
float smaller(float x, float y) {
  return x < y || std::isnan(x) ? x : y;
}

Extrema extrema(const float* x, std::size_t n) noexcept {
  Extrema result;
  for (std::size_t i = 0; i < n; ++i) {
    if (!std::isfinite(x[i])) result.finite = false;
    if (x[i] < result.low) result.low = x[i];
    if (x[i] > result.high) result.high = x[i];
  }
  return result;
}

Extrema pool(const Pool& p, std::size_t line_begin, std::size_t line_end) noexcept {
  const std::size_t width = static_cast<std::size_t>(p.rows.out_width);
  RowCursor row(p.rows, line_begin * width);
  for (std::size_t m = line_begin * width; m < line_end * width; ++m, row.next()) {
    for (std::size_t c = 0; c < p.channels; ++c) {
      float largest = -std::numeric_limits<float>::infinity();
      float sum = 0.0F;
      std::int64_t count = 0;
      for_each_segment_inside(p.rows, row, [&](std::size_t, std::int64_t offset) {
        const float x = p.a[offset + static_cast<std::int64_t>(c)];
        largest = larger(x, largest);
        sum += x;
        ++count;
      });
      const auto divisor = static_cast<float>(p.divisor != 0 ? p.divisor : count);
      p.out[m * p.channels + c] = p.method == PoolMethod::maximum ? largest : sum / divisor;
    }
  }
  if (!p.wants_extrema) return {};
  const std::size_t line_size = width * p.channels;
  return extrema(p.out + line_begin * line_size, (line_end - line_begin) * line_size);
}

/// Sixteen sums, element i in number i % 16, added in order: the order of every instruction set, so
/// that all give the same bits.
MomentSums moments(const float* x, std::size_t n) noexcept {
  constexpr std::size_t kSums = 16;
  MomentSums sums[kSums];
  for (std::size_t i = 0; i < n; ++i) {
    const double value = x[i];
    MomentSums& to = sums[i % kSums];
    to.sum += value;
    to.sum_magnitudes += std::abs(value);
    to.sum_squares += value * value;
  }
  MomentSums total;
  for (const MomentSums& s : sums) {
    total.sum += s.sum;
    total.sum_magnitudes += s.sum_magnitudes;
    total.sum_squares += s.sum_squares;
  }
  return total;
}

void histogram(const float* x, std::size_t n, const HistogramBins& bins,
               std::uint64_t* counts) noexcept {
  const auto last = static_cast<float>(bins.bins - 1);
  for (std::size_t i = 0; i < n; ++i) {
    const float value = bins.magnitudes ? std::abs(x[i]) : x[i];
    const float position = (value - bins.low) * bins.bins_per_unit;
    ++counts[static_cast<std::size_t>(position > 0.0F ? (position < last ? position : last)
                                                      : 0.0F)];
  }
}

void quantize(const float* x, std::size_t n, const Quantization& to, std::uint8_t* out) noexcept {
  for (std::size_t i = 0; i < n; ++i) {
    // Beyond 512 on either side all is clamped in the end; within, the rounded value fits an int.
    float scaled = to.divides ? x[i] / to.scale : x[i] * to.reciprocal;
    if (to.divides && std::isnan(scaled)) scaled = 0.0F;
    const float bounded = scaled < 512.0F ? (scaled > -512.0F ? scaled : -512.0F) : 512.0F;
    const int q = static_cast<int>(std::nearbyint(bounded)) + to.zero_point;
    out[i] = static_cast<std::uint8_t>(q < 0 ? 0 : q > 255 ? 255 : q);
  }
}

bool quantize_panel(const float* b, std::size_t depth, std::size_t columns, std::size_t stride,
                    const QuantizedPanel& to) noexcept {
  bool finite = true;
  for (std::size_t n = 0; n < kPanelWidth; ++n) {
    float magnitude = 0.0F;
    for (std::size_t k = 0; n < columns && k < depth; ++k) {
      const float x = std::abs(b[k * stride + n]);
      finite = finite && std::isfinite(x);
      if (x > magnitude) magnitude = x;
    }
    const float scale = magnitude / static_cast<float>(kPanelLevels);
    const bool usable = std::isfinite(1.0F / scale);
    to.scales[n] = usable ? scale : 1.0F;
    const float reciprocal = usable ? 1.0F / scale : 1.0F;
    to.sums[n] = 0;
    for (std::size_t k = 0; finite && k < (depth + 3) / 4 * 4; ++k) {
      const float x = n < columns && k < depth ? b[k * stride + n] : 0.0F;
      const auto level = static_cast<std::int32_t>(std::nearbyint(x * reciprocal));
      to.b[(k / 4 * kPanelWidth + n) * 4 + k % 4] = static_cast<std::int8_t>(level);
      to.sums[n] += level;
    }
  }
  return finite;
}

void unary(UnaryMethod method, float alpha, float beta, const float* x, std::size_t n,
           float* out) noexcept {
  for (std::size_t i = 0; i < n; ++i) out[i] = unary_value(method, alpha, beta, x[i]);
}

float binary_value(BinaryMethod method, float x, float y) {
  switch (method) {
    case BinaryMethod::add:
      return x + y;
    case BinaryMethod::subtract:
      return x - y;
    case BinaryMethod::multiply:
      return x * y;
    case BinaryMethod::divide:
      return x / y;
    case BinaryMethod::minimum:
      return smaller(x, y);
    case BinaryMethod::maximum:
      return larger(x, y);
  }
  return x;
}

void binary(BinaryMethod method, const float* x, std::size_t x_step, const float* y,
            std::size_t y_step, std::size_t n, float* out) noexcept {
  for (std::size_t i = 0; i < n; ++i) {
    out[i] = binary_value(method, x[i * x_step], y[i * y_step]);
  }
}

void softmax(const float* x, std::size_t rows, std::size_t n, float* out) noexcept {
  for (std::size_t r = 0; r < rows; ++r, x += n, out += n) {
    float largest = -std::numeric_limits<float>::infinity();
    for (std::size_t i = 0; i < n; ++i) largest = larger(x[i], largest);
    double sum = 0.0;
    for (std::size_t i = 0; i < n; ++i) sum += std::exp(double{x[i]} - double{largest});
    for (std::size_t i = 0; i < n; ++i) {
      out[i] = static_cast<float>(std::exp(double{x[i]} - double{largest}) / sum);
    }
  }
}

}  // namespace
}  // namespace octavo::kernels
