#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kernels/body/rows.hpp"
#include "kernels/kernels.hpp"

/// What the reference's products share: epilogues and walks over rows.
namespace octavo::kernels {
namespace {

float clamped(float x, float low, float high) {
  const float raised = x < low ? low : x;
  return raised > high ? high : raised;
}

/// Computed in double and rounded once.
float unary_value(UnaryMethod method, float alpha, float beta, float x) {
  switch (method) {
    case UnaryMethod::clamp:
      return clamped(x, alpha, beta);
    case UnaryMethod::leaky_relu:
      return x < 0.0F ? alpha * x : x;
    case UnaryMethod::sigmoid:
      return static_cast<float>(1.0 / (1.0 + std::exp(-double{x})));
    case UnaryMethod::tanh:
      return static_cast<float>(std::tanh(double{x}));
    case UnaryMethod::exponential:
      return static_cast<float>(std::exp(double{x}));
    case UnaryMethod::hard_sigmoid:
      return clamped(alpha * x + beta, 0.0F, 1.0F);
    case UnaryMethod::hard_swish:
      return x * clamped(x * (1.0F / 6.0F) + 0.5F, 0.0F, 1.0F);
    case UnaryMethod::silu:
      return static_cast<float>(x / (1.0 + std::exp(-double{x})));
    case UnaryMethod::gelu:
      return static_cast<float>(0.5 * x * std::erfc(-double{x} / std::sqrt(2.0)));
    case UnaryMethod::negate:
      return -x;
    case UnaryMethod::absolute:
      return std::abs(x);
    case UnaryMethod::square_root:
      return std::sqrt(x);
  }
  return x;
}

/// The sum with the addend, if there is one, at this place of the output.
float with_addend(float sum, const float* addend, std::size_t out) {
  return addend != nullptr ? sum + addend[out] : sum;
}

/// Stores the activated sum and counts it in.
void finish(const Activation& activation, float sum, float& out, Extrema& extrema) {
  out = unary_value(activation.method, activation.alpha, activation.beta, sum);
  extrema.merge({out, out, std::isfinite(out)});
}

std::size_t last_column(const Tile& tile, std::size_t columns) {
  return tile.panel_end * kPanelWidth < columns ? tile.panel_end * kPanelWidth : columns;
}

/// Elements from the input's start to segment (i, j) of a row; -1 where that lies outside.
std::int64_t segment_offset(const RowMap& map, const RowCursor& row, std::int64_t i,
                            std::int64_t j) {
  const std::int64_t y = row.input_y() + i * map.dilation_height;
  const std::int64_t x = row.input_x() + j * map.dilation_width;
  if (y < 0 || y >= map.in_height || x < 0 || x >= map.in_width) return -1;
  return row.offset() + i * map.dilation_height * map.line_stride +
         j * map.dilation_width * map.pixel_stride;
}

/// Calls f(segment, elements from the input's start) for the segments of a row that lie inside.
template <class F>
void for_each_segment_inside(const RowMap& map, const RowCursor& row, F&& f) {
  for (std::int64_t s = 0; s < map.segments(); ++s) {
    const std::int64_t offset =
        segment_offset(map, row, s / map.kernel_width, s % map.kernel_width);
    if (offset >= 0) f(static_cast<std::size_t>(s), offset);
  }
}

}  // namespace
}  // namespace octavo::kernels
