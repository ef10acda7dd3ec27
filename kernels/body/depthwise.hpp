#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/body/depthwise_window.hpp"
#include "kernels/body/epilogue.hpp"
#include "kernels/body/rows.hpp"
#include "kernels/body/statistics.hpp"
#include "kernels/body/store.hpp"
#include "kernels/kernels.hpp"
#include "kernels/simd.hpp"

namespace octavo::kernels {
namespace {

/// All channels of one output position, clamped, with any kernel and at any border.
template <class A>
void depthwise_position(const DepthwiseProduct& p, const RowCursor& row, float* out) {
  using Floats = simd::batch<float, A>;
  const RowMap& map = p.rows;
  const Window window(map, row.input_y(), row.input_x());
  for (std::size_t c = 0; c < p.channels; c += Floats::size) {
    Floats sum = bias_at<A>(p.bias, c);
    for (std::int64_t j = window.left; j < window.right; ++j) {
      const float* a = p.a + (row.offset() + j * map.dilation_width * map.pixel_stride) + c;
      const float* weights = p.weights + static_cast<std::size_t>(j) * p.channels + c;
      for (std::int64_t i = window.top; i < window.bottom; ++i) {
        sum = xsimd::fma(Floats::load_unaligned(a + i * map.dilation_height * map.line_stride),
                         Floats::load_unaligned(
                             weights + static_cast<std::size_t>(i * map.kernel_width) * p.channels),
                         sum);
      }
    }
    store_first(simd::clamp(sum, Floats(p.activation.alpha), Floats(p.activation.beta)),
                p.channels - c, out + c);
  }
}

/// Any kernel, position by position.
template <class A>
void depthwise_positions(const DepthwiseProduct& p, std::size_t line_begin, std::size_t line_end) {
  const auto width = static_cast<std::size_t>(p.rows.out_width);
  RowCursor row(p.rows, line_begin * width);
  float* out = p.out + line_begin * width * p.channels;
  for (std::size_t m = line_begin * width; m < line_end * width; ++m, row.next()) {
    depthwise_position<A>(p, row, out);
    out += p.channels;
  }
}

/// What stands in for an input line in the padding, read at every position.
alignas(64) constexpr float kZeroLine[2 * kPanelWidth] = {};

/// Input positions of a block of columns: few enough that the cache lines which one channel vector
/// reads and writes are still in the L1 cache when the next one needs their other half.
constexpr std::size_t kBlockPositions = 28;

/// Output lines of a block at most.
constexpr std::size_t kMostLines = 16;

/// `count` output lines of one image, the first of which is `first`, for a square kernel without
/// dilation. The last channel vectors are moved back to end with the channels, of which there must
/// be at least `Vectors` vectors.
template <class A, std::size_t Kernel, std::size_t Stride, std::size_t Vectors>
[[gnu::flatten]] void depthwise_lines(const DepthwiseProduct& p, std::size_t first,
                                      std::size_t count) {
  constexpr std::size_t kChannels = Vectors * simd::lanes<float, A>;
  const RowMap& map = p.rows;
  const auto width = static_cast<std::size_t>(map.out_width);
  const RowCursor row(map, first * width);
  DepthwiseLine lines[(kMostLines - 1) * Stride + Kernel];
  for (std::size_t i = 0; i < (count - 1) * Stride + Kernel; ++i) {
    const std::int64_t y = row.input_y() + static_cast<std::int64_t>(i);
    const std::int64_t offset = row.offset() + static_cast<std::int64_t>(i) * map.line_stride -
                                row.input_x() * map.pixel_stride;
    const bool inside = y >= 0 && y < map.in_height;
    lines[i] = inside ? DepthwiseLine{p.a + offset, map.pixel_stride} : DepthwiseLine{kZeroLine, 0};
  }
  const EvenSplit blocks(width, kBlockPositions / Stride);
  const auto stride = static_cast<std::int64_t>(p.channels);
  std::size_t x = 0;
  for (std::size_t block = 0; block < blocks.parts(); ++block) {
    const auto outputs = static_cast<std::int64_t>(blocks.size(block));
    const std::int64_t position = static_cast<std::int64_t>(x * Stride) - map.pad_left;
    for (std::size_t done = 0; done < p.channels; done += kChannels) {
      const std::size_t last = p.channels - kChannels;
      const std::size_t c = done < last ? done : last;
      const DepthwiseWindow<A, Kernel, Stride, Vectors> window(p, c);
      DepthwiseOutputs to{p.out + (first * width + x) * p.channels + c, stride,
                          map.out_width * stride};
      std::size_t line = 0;
      for (; line + 1 < count; line += 2, to.start += 2 * to.line_stride) {
        window.template run<2>(lines + line * Stride, position, outputs, to);
      }
      if (line < count) window.template run<1>(lines + line * Stride, position, outputs, to);
    }
    x += blocks.size(block);
  }
}

/// How many output lines are computed for one channel vector before the next one: they share the
/// loading of its weights, but the cache lines that they read and write have to stay in the L1
/// cache too.
template <std::size_t Stride>
std::size_t lines_of_block(std::size_t width) {
  constexpr std::size_t kCacheLines = 24 * 1024 / 64;
  constexpr std::size_t kPerOutput = Stride * Stride + 1;
  const std::size_t pairs = kCacheLines / (kPerOutput * width) / 2;
  return pairs == 0 ? 2 : 2 * pairs < kMostLines ? 2 * pairs : kMostLines;
}

template <class A, std::size_t Kernel, std::size_t Stride, std::size_t Vectors>
void depthwise_windows(const DepthwiseProduct& p, std::size_t line_begin, std::size_t line_end) {
  const auto height = static_cast<std::size_t>(p.rows.out_height);
  const std::size_t most = lines_of_block<Stride>(static_cast<std::size_t>(p.rows.out_width));
  for (std::size_t line = line_begin; line < line_end;) {
    const std::size_t image_end = line - line % height + height;
    const std::size_t end = image_end < line_end ? image_end : line_end;
    const std::size_t count = most < end - line ? most : end - line;
    depthwise_lines<A, Kernel, Stride, Vectors>(p, line, count);
    line += count;
  }
}

/// A 3x3 kernel. Where adjacent positions share a few sets of the L1 cache, as with 256 channels, a
/// cache line is gone before the next channel vector needs its other half: then two vectors at a
/// time are faster, though their weights do not fit the registers.
template <class A, std::size_t Stride>
void depthwise_3x3(const DepthwiseProduct& p, std::size_t line_begin, std::size_t line_end) {
  constexpr std::size_t kCollidingFloats = 256 / sizeof(float);
  if (p.channels % kCollidingFloats == 0) {
    depthwise_windows<A, 3, Stride, 2>(p, line_begin, line_end);
  } else {
    depthwise_windows<A, 3, Stride, 1>(p, line_begin, line_end);
  }
}

/// Output lines whose activation is a clamp. Every output is summed in the same order: the bias,
/// then its taps column by column, each from top to bottom. What else is computed along with it
/// makes no difference.
template <class A>
void clamped_depthwise_lines(const DepthwiseProduct& p, std::size_t line_begin,
                             std::size_t line_end) {
  const RowMap& map = p.rows;
  const bool square = map.kernel_height == map.kernel_width &&
                      map.stride_height == map.stride_width && map.dilation_height == 1 &&
                      map.dilation_width == 1 && p.channels >= simd::lanes<float, A>;
  const auto is = [&](std::int64_t kernel, std::int64_t stride) {
    return square && map.kernel_width == kernel && map.stride_width == stride;
  };
  if (is(3, 1)) {
    depthwise_3x3<A, 1>(p, line_begin, line_end);
  } else if (is(3, 2)) {
    depthwise_3x3<A, 2>(p, line_begin, line_end);
  } else if (is(5, 1)) {
    depthwise_windows<A, 5, 1, 1>(p, line_begin, line_end);
  } else if (is(5, 2)) {
    depthwise_windows<A, 5, 2, 1>(p, line_begin, line_end);
  } else {
    depthwise_positions<A>(p, line_begin, line_end);
  }
}

/// Registers are scarce in the loops over windows: other activations, and the extremes, follow a
/// group of lines at a time, while they are in the cache.
template <class A>
Extrema depthwise_product(const DepthwiseProduct& p, std::size_t line_begin,
                          std::size_t line_end) noexcept {
  constexpr std::size_t kBytes = 128 * 1024;
  const bool clamp = p.activation.method == UnaryMethod::clamp;
  DepthwiseProduct clamped = p;
  if (!clamp) clamped.activation = {};
  const std::size_t line_size = static_cast<std::size_t>(p.rows.out_width) * p.channels;
  const std::size_t fitting = kBytes / (sizeof(float) * line_size) / kMostLines * kMostLines;
  const std::size_t most = clamp && !p.wants_extrema ? line_end - line_begin
                           : fitting == 0            ? kMostLines
                                                     : fitting;
  Extrema result;
  for (std::size_t line = line_begin; line < line_end;) {
    const std::size_t count = most < line_end - line ? most : line_end - line;
    clamped_depthwise_lines<A>(clamped, line, line + count);
    float* out = p.out + line * line_size;
    if (!clamp) {
      unary<A>(p.activation.method, p.activation.alpha, p.activation.beta, out, count * line_size,
               out);
    }
    if (p.wants_extrema) result.merge(extrema<A>(out, count * line_size));
    line += count;
  }
  return result;
}

}  // namespace
}  // namespace octavo::kernels
