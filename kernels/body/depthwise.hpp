#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/body/epilogue.hpp"
#include "kernels/body/rows.hpp"
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
void depthwise_position(const DepthwiseProduct& p, const RowCursor& row, float* out,
                        ExtremaLanes<A>& extrema) {
  using Floats = simd::batch<float, A>;
  const RowMap& map = p.rows;
  const Window window(map, row.input_y(), row.input_x());
  Epilogue<A> epilogue(p.activation, extrema);
  for (std::size_t c = 0; c < p.channels; c += Floats::size) {
    Floats sum = depthwise_bias<A>(p, c);
    for (std::int64_t i = window.top; i < window.bottom; ++i) {
      const float* a = p.a + (row.offset() + i * map.dilation_height * map.line_stride) + c;
      const float* weights =
          p.weights + static_cast<std::size_t>(i * map.kernel_width) * p.channels + c;
      for (std::int64_t j = window.left; j < window.right; ++j) {
        sum = xsimd::fma(Floats::load_unaligned(a + j * map.dilation_width * map.pixel_stride),
                         Floats::load_unaligned(weights + static_cast<std::size_t>(j) * p.channels),
                         sum);
      }
    }
    epilogue.store(sum, p.channels - c, out + c);
  }
  epilogue.save(extrema);
}

/// What stands in for an input line in the padding, read at every position.
alignas(64) constexpr float kZeroLine[kPanelWidth] = {};

/// One of the three input lines of a 3x3 kernel, at a channel vector.
struct DepthwiseLine {
  const float* start;   ///< input position 0
  std::int64_t stride;  ///< from one position to the next; 0 in the padding
};

/// A channel vector of one output line of a 3x3 kernel: the nine weights stay in registers.
template <class A>
class Depthwise3x3 {
  using Floats = simd::batch<float, A>;

 public:
  Depthwise3x3(const DepthwiseProduct& p, const DepthwiseLine (&lines)[3], std::size_t channel,
               float* out, const ExtremaLanes<A>& extrema)
      : map_(p.rows),
        bias_(depthwise_bias<A>(p, channel)),
        epilogue_(p.activation, extrema),
        count_(p.channels - channel),
        out_(out + channel),
        out_stride_(static_cast<std::int64_t>(p.channels)) {
    simd::unroll<3>([&](auto i) __attribute__((always_inline)) {
      lines_[i] = {lines[i].start + channel * (lines[i].stride != 0 ? 1 : 0), lines[i].stride};
    });
    simd::unroll<9>([&](auto s) __attribute__((always_inline)) {
      weights_[s] = Floats::load_unaligned(p.weights + s * p.channels + channel);
    });
  }

  /// Output positions [begin, end), for stride 1 and at most two positions of padding before the
  /// line. Every input position is read once and serves three outputs: the last column of taps
  /// finishes one, the middle one continues the next, the first one starts the third.
  void run_by_input(std::int64_t begin, std::int64_t end) {
    float* out = out_ + begin * out_stride_;
    const std::int64_t position = begin - map_.pad_left;
    Floats first = bias_;
    Floats second = bias_;
    add<0>(position, first);
    add<1>(position + 1, first);
    add<0>(position + 1, second);
    const float* from[3];
    simd::unroll<3>([&](auto i) __attribute__((always_inline)) {
      from[i] = lines_[i].start + (position + 2) * lines_[i].stride;
    });
    const std::int64_t inside = map_.in_width + map_.pad_left - 2;
    std::int64_t x = begin;
    for (const std::int64_t last = inside < end ? inside : end; x < last; ++x) {
      Floats third = bias_;
      simd::unroll<3>([&](auto i) __attribute__((always_inline)) {
        const Floats v = Floats::load_unaligned(from[i]);
        from[i] += lines_[i].stride;
        first = xsimd::fma(v, weights_[3 * i + 2], first);
        second = xsimd::fma(v, weights_[3 * i + 1], second);
        third = xsimd::fma(v, weights_[3 * i], third);
      });
      out = store(first, out);
      first = second;
      second = third;
    }
    for (; x < end; ++x) {
      out = store(first, out);
      first = second;
      second = bias_;
    }
  }

  /// Output positions [begin, end), for any stride.
  void run_by_output(std::int64_t begin, std::int64_t end) {
    float* out = out_ + begin * out_stride_;
    std::int64_t position = begin * map_.stride_width - map_.pad_left;
    for (std::int64_t x = begin; x < end; ++x, position += map_.stride_width) {
      Floats sum = bias_;
      if (position >= 0 && position + 3 <= map_.in_width) {
        simd::unroll<3>([&](auto i) __attribute__((always_inline)) {
          const float* from = lines_[i].start + position * lines_[i].stride;
          simd::unroll<3>([&](auto j) __attribute__((always_inline)) {
            sum = xsimd::fma(Floats::load_unaligned(from), weights_[3 * i + j], sum);
            from += lines_[i].stride;
          });
        });
      } else {
        add<0>(position, sum);
        add<1>(position + 1, sum);
        add<2>(position + 2, sum);
      }
      out = store(sum, out);
    }
  }

  void save(ExtremaLanes<A>& extrema) const { epilogue_.save(extrema); }

 private:
  /// Returns where the next position goes.
  float* store(const Floats& sum, float* out) {
    epilogue_.store(sum, count_, out);
    return out + out_stride_;
  }

  /// Adds a column of taps at input position x, nothing where that lies in the padding.
  template <std::size_t Column>
  void add(std::int64_t x, Floats& sum) const {
    if (x < 0 || x >= map_.in_width) return;
    simd::unroll<3>([&](auto i) __attribute__((always_inline)) {
      const Floats v = Floats::load_unaligned(lines_[i].start + x * lines_[i].stride);
      sum = xsimd::fma(v, weights_[3 * i + Column], sum);
    });
  }

  const RowMap& map_;
  DepthwiseLine lines_[3];
  Floats weights_[9];
  Floats bias_;
  Epilogue<A> epilogue_;
  std::size_t count_;
  float* out_;
  std::int64_t out_stride_;
};

/// One output line of a 3x3 kernel; `row` is at its start.
template <class A>
[[gnu::flatten]] void depthwise_3x3_line(const DepthwiseProduct& p, const RowCursor& row,
                                         float* out, ExtremaLanes<A>& extrema) {
  const RowMap& map = p.rows;
  DepthwiseLine lines[3];
  for (std::int64_t i = 0; i < 3; ++i) {
    const std::int64_t y = row.input_y() + i;
    const std::int64_t offset =
        row.offset() + i * map.line_stride - row.input_x() * map.pixel_stride;
    const bool inside = y >= 0 && y < map.in_height;
    lines[i] = inside ? DepthwiseLine{p.a + offset, map.pixel_stride} : DepthwiseLine{kZeroLine, 0};
  }
  const bool by_input = map.stride_width == 1 && map.pad_left <= 2;
  // All channels of as many positions as keep the three lines in the L1 cache: a cache line holds
  // several channel vectors. Larger strides leave too few positions for that to pay.
  constexpr std::int64_t kFloats = 24 * 1024 / sizeof(float);
  constexpr std::int64_t kFewest = 7;
  const std::int64_t fitting = kFloats / (3 * static_cast<std::int64_t>(p.channels) + 1);
  const std::int64_t block = !by_input ? map.out_width : fitting > kFewest ? fitting : kFewest;
  for (std::int64_t x = 0; x < map.out_width; x += block) {
    const std::int64_t end = x + block < map.out_width ? x + block : map.out_width;
    for (std::size_t c = 0; c < p.channels; c += simd::lanes<float, A>) {
      Depthwise3x3<A> line(p, lines, c, out, extrema);
      if (by_input) {
        line.run_by_input(x, end);
      } else {
        line.run_by_output(x, end);
      }
      line.save(extrema);
    }
  }
}

template <class A>
Extrema depthwise_product(const DepthwiseProduct& p, std::size_t line_begin,
                          std::size_t line_end) noexcept {
  ExtremaLanes<A> extrema;
  const RowMap& map = p.rows;
  const auto width = static_cast<std::size_t>(map.out_width);
  const bool is_3x3 = map.kernel_height == 3 && map.kernel_width == 3 && map.dilation_height == 1 &&
                      map.dilation_width == 1;
  for (std::size_t line = line_begin; line < line_end; ++line) {
    RowCursor row(map, line * width);
    float* out = p.out + line * width * p.channels;
    if (is_3x3) {
      depthwise_3x3_line<A>(p, row, out, extrema);
      continue;
    }
    for (std::size_t x = 0; x < width; ++x, row.next(), out += p.channels) {
      depthwise_position<A>(p, row, out, extrema);
    }
  }
  return extrema.merged();
}

}  // namespace
}  // namespace octavo::kernels
