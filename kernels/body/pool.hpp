#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "kernels/body/rows.hpp"
#include "kernels/body/statistics.hpp"
#include "kernels/body/store.hpp"
#include "kernels/kernels.hpp"
#include "kernels/simd.hpp"

namespace octavo::kernels {
namespace {

/// `Vectors` batches of channels at one position. `from` is where the window's first tap reads the
/// first of them; `count` is how many channels they hold.
template <class A, bool Maximum, std::size_t Vectors>
[[gnu::always_inline]] inline void pool_channels(const Pool& p, const Window& window,
                                                 const float* from, std::size_t count, float* out) {
  using Floats = simd::batch<float, A>;
  const RowMap& map = p.rows;
  const std::int64_t line_step = map.dilation_height * map.line_stride;
  const std::int64_t tap_step = map.dilation_width * map.pixel_stride;
  Floats results[Vectors];
  simd::unroll<Vectors>([&](auto v) __attribute__((always_inline)) {
    results[v] = Floats(Maximum ? -std::numeric_limits<float>::infinity() : 0.0F);
  });
  for (std::int64_t i = window.top; i < window.bottom; ++i, from += line_step) {
    const float* tap = from;
    for (std::int64_t j = window.left; j < window.right; ++j, tap += tap_step) {
      simd::unroll<Vectors>([&](auto v) __attribute__((always_inline)) {
        const Floats x = Floats::load_unaligned(tap + v * Floats::size);
        results[v] = Maximum ? simd::larger(x, results[v]) : results[v] + x;
      });
    }
  }
  const Floats divisor(static_cast<float>(p.divisor != 0 ? p.divisor : window.size()));
  simd::unroll<Vectors>([&](auto v) __attribute__((always_inline)) {
    const Floats result = Maximum ? results[v] : simd::divide(results[v], divisor);
    store_first(result, count - v * Floats::size, out + v * Floats::size);
  });
}

/// `from` is where the window's first tap reads its first channel.
template <class A, bool Maximum>
void pool_position(const Pool& p, const Window& window, const float* from, float* out) {
  constexpr std::size_t kLanes = simd::lanes<float, A>;
  std::size_t c = 0;
  for (; c + 2 * kLanes <= p.channels; c += 2 * kLanes) {
    pool_channels<A, Maximum, 2>(p, window, from + c, 2 * kLanes, out + c);
  }
  for (; c < p.channels; c += kLanes) {
    pool_channels<A, Maximum, 1>(p, window, from + c, p.channels - c, out + c);
  }
}

template <class A, bool Maximum>
void pool_line(const Pool& p, std::size_t line) {
  const RowMap& map = p.rows;
  const auto width = static_cast<std::size_t>(map.out_width);
  RowCursor row(map, line * width);
  float* out = p.out + line * width * p.channels;
  for (std::size_t x = 0; x < width; ++x, row.next()) {
    const Window window(map, row.input_y(), row.input_x());
    const std::int64_t first = window.top * map.dilation_height * map.line_stride +
                               window.left * map.dilation_width * map.pixel_stride;
    pool_position<A, Maximum>(p, window, p.a + (row.offset() + first), out);
    out += p.channels;
  }
}

/// The extremes follow line by line, while those are in the cache.
template <class A>
Extrema pool(const Pool& p, std::size_t line_begin, std::size_t line_end) noexcept {
  const std::size_t line_size = static_cast<std::size_t>(p.rows.out_width) * p.channels;
  Extrema result;
  for (std::size_t line = line_begin; line < line_end; ++line) {
    if (p.method == PoolMethod::maximum) {
      pool_line<A, true>(p, line);
    } else {
      pool_line<A, false>(p, line);
    }
    if (p.wants_extrema) result.merge(extrema<A>(p.out + line * line_size, line_size));
  }
  return result;
}

}  // namespace
}  // namespace octavo::kernels
