#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/body/rows.hpp"
#include "kernels/body/store.hpp"
#include "kernels/kernels.hpp"
#include "kernels/simd.hpp"

namespace octavo::kernels {
namespace {

template <class A>
simd::batch<float, A> depthwise_bias(const DepthwiseProduct& p, std::size_t channel) {
  using Floats = simd::batch<float, A>;
  return p.bias != nullptr ? Floats::load_unaligned(p.bias + channel) : Floats(0.0F);
}

/// All channels of one output position, with any kernel and at any border.
template <class A>
void depthwise_position(const DepthwiseProduct& p, const RowCursor& row, float* out) {
  using Floats = simd::batch<float, A>;
  const RowMap& map = p.rows;
  const Window window(map, row.input_y(), row.input_x());
  for (std::size_t c = 0; c < p.channels; c += Floats::size) {
    Floats sum = depthwise_bias<A>(p, c);
    for (std::int64_t i = window.top; i < window.bottom; ++i) {
      const float* a = p.a + (row.offset() + i * map.dilation_height * map.line_stride) + c;
      const float* weights =
          p.weights + static_cast<std::size_t>(i * map.kernel_width) * p.channels + c;
      for (std::int64_t j = window.left; j < window.right; ++j) {
        sum = xsimd::fma(
            Floats::load_unaligned(a + j * map.dilation_width * map.pixel_stride),
            Floats::load_unaligned(weights + static_cast<std::size_t>(j) * p.channels), sum);
      }
    }
    store_first<A>(simd::clamp(sum, Floats(p.clamp.low), Floats(p.clamp.high)), p.channels - c,
                   out + c);
  }
}

/// `count` neighbouring output positions of a 3x3 kernel that lie inside the input: a channel
/// vector's nine weights stay in registers along the line.
template <class A>
[[gnu::flatten]] void depthwise_3x3_run(const DepthwiseProduct& p, const float* a,
                                        std::size_t count, float* out) {
  using Floats = simd::batch<float, A>;
  const std::int64_t step = p.rows.stride_width * p.rows.pixel_stride;
  const Floats low(p.clamp.low);
  const Floats high(p.clamp.high);
  for (std::size_t c = 0; c < p.channels; c += Floats::size) {
    Floats weights[9];
    simd::unroll<9>(
        [&](auto s) { weights[s] = Floats::load_unaligned(p.weights + s * p.channels + c); });
    const Floats bias = depthwise_bias<A>(p, c);
    const float* from = a + c;
    for (std::size_t x = 0; x < count; ++x, from += step) {
      Floats sum = bias;
      simd::unroll<3>([&](auto i) {
        const float* line = from + static_cast<std::int64_t>(i) * p.rows.line_stride;
        simd::unroll<3>([&](auto j) {
          sum = xsimd::fma(
              Floats::load_unaligned(line + static_cast<std::int64_t>(j) * p.rows.pixel_stride),
              weights[3 * i + j], sum);
        });
      });
      store_first<A>(simd::clamp(sum, low, high), p.channels - c, out + x * p.channels + c);
    }
  }
}

template <class A>
void depthwise_product(const DepthwiseProduct& p, std::size_t line_begin,
                       std::size_t line_end) noexcept {
  const RowMap& map = p.rows;
  const auto width = static_cast<std::size_t>(map.out_width);
  const bool is_3x3 = map.kernel_height == 3 && map.kernel_width == 3 &&
                      map.dilation_height == 1 && map.dilation_width == 1;
  RowCursor row(map, line_begin * width);
  for (std::size_t line = line_begin; line < line_end; ++line) {
    const bool inside = is_3x3 && row.input_y() >= 0 && row.input_y() + 3 <= map.in_height;
    float* out = p.out + line * width * p.channels;
    std::size_t x = 0;
    while (x < width) {
      std::size_t run = 0;
      if (inside && row.input_x() >= 0 && row.input_x() + 3 <= map.in_width) {
        run = static_cast<std::size_t>((map.in_width - 3 - row.input_x()) / map.stride_width) + 1;
        if (run > width - x) run = width - x;
        depthwise_3x3_run<A>(p, p.a + row.offset(), run, out + x * p.channels);
      } else {
        run = 1;
        depthwise_position<A>(p, row, out + x * p.channels);
      }
      for (std::size_t i = 0; i < run; ++i) row.next();
      x += run;
    }
  }
}

}  // namespace
}  // namespace octavo::kernels
