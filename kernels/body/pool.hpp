#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "kernels/body/rows.hpp"
#include "kernels/body/store.hpp"
#include "kernels/kernels.hpp"
#include "kernels/simd.hpp"

namespace octavo::kernels {
namespace {

/// `from` is where the window's first tap reads its first channel.
template <class A>
void pool_position(const Pool& p, const Window& window, const float* from, float* out) {
  using Floats = simd::batch<float, A>;
  const RowMap& map = p.rows;
  const std::int64_t line_step = map.dilation_height * map.line_stride;
  const std::int64_t tap_step = map.dilation_width * map.pixel_stride;
  const bool maximum = p.method == PoolMethod::maximum;
  const Floats start(maximum ? -std::numeric_limits<float>::infinity() : 0.0F);
  const Floats divisor(static_cast<float>(p.divisor != 0 ? p.divisor : window.size()));
  for (std::size_t c = 0; c < p.channels; c += Floats::size) {
    Floats result = start;
    for (std::int64_t i = window.top; i < window.bottom; ++i) {
      const float* tap = from + (i - window.top) * line_step + c;
      for (std::int64_t j = window.left; j < window.right; ++j, tap += tap_step) {
        const Floats x = Floats::load_unaligned(tap);
        result = maximum ? simd::larger(x, result) : result + x;
      }
    }
    if (!maximum) result = simd::divide(result, divisor);
    store_first(result, p.channels - c, out + c);
  }
}

template <class A>
void pool(const Pool& p, std::size_t line_begin, std::size_t line_end) noexcept {
  const RowMap& map = p.rows;
  const auto width = static_cast<std::size_t>(map.out_width);
  RowCursor row(map, line_begin * width);
  float* out = p.out + line_begin * width * p.channels;
  for (std::size_t m = line_begin * width; m < line_end * width; ++m, row.next()) {
    const Window window(map, row.input_y(), row.input_x());
    const std::int64_t first = window.top * map.dilation_height * map.line_stride +
                               window.left * map.dilation_width * map.pixel_stride;
    pool_position<A>(p, window, p.a + (row.offset() + first), out);
    out += p.channels;
  }
}

}  // namespace
}  // namespace octavo::kernels
