#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/body/store.hpp"
#include "kernels/kernels.hpp"
#include "kernels/simd.hpp"

namespace octavo::kernels {
namespace {

/// An input line, at channel 0.
struct DepthwiseLine {
  const float* start;   ///< input position 0
  std::int64_t stride;  ///< from one position to the next; 0 in the padding, where all are zeros
};

/// Where a block of outputs starts, and how far it is from one to the next.
struct DepthwiseOutputs {
  float* start;
  std::int64_t stride;       ///< ... within a line
  std::int64_t line_stride;  ///< ... from one line to the next
};

/// `Vectors` adjacent channel vectors of a square kernel without dilation. Every input value is
/// loaded once and added to all sums that it is part of: going through the input column by column,
/// `kOpen` outputs of each line are begun and not yet complete. The sums and, as far as there are
/// registers, the weights stay in registers.
template <class A, std::size_t Kernel, std::size_t Stride, std::size_t Vectors>
class DepthwiseWindow {
  using Floats = simd::batch<float, A>;
  static constexpr std::size_t kOpen = (Kernel + Stride - 1) / Stride;
  static constexpr std::int64_t kStep = Stride;

 public:
  DepthwiseWindow(const DepthwiseProduct& p, std::size_t channel)
      : channel_(channel),
        width_(p.rows.in_width),
        low_(p.activation.alpha),
        high_(p.activation.beta) {
    simd::unroll<Vectors>([&](auto v) __attribute__((always_inline)) {
      const std::size_t c = channel + v * Floats::size;
      bias_[v] = bias_at<A>(p.bias, c);
      simd::unroll<Kernel * Kernel>([&](auto s) __attribute__((always_inline)) {
        weights_[s][v] = Floats::load_unaligned(p.weights + s * p.channels + c);
      });
    });
  }

  /// Computes `count` outputs of `Lines` adjacent lines; the first one's taps start at `lines` and
  /// input position `position`.
  template <std::size_t Lines>
  void run(const DepthwiseLine* lines, std::int64_t position, std::int64_t count,
           const DepthwiseOutputs& to) const {
    Block<Lines> block(*this, lines);
    float* out = to.start;
    simd::unroll<Kernel - Stride>([&](auto column) __attribute__((always_inline)) {
      block.template add_if_inside<column>(position + static_cast<std::int64_t>(column));
    });
    std::int64_t next = position + static_cast<std::int64_t>(Kernel - Stride);
    const std::int64_t end = next + count * kStep;
    for (; next < end && next < 0; next += kStep, out += to.stride) {
      block.add_new_columns_if_inside(next);
      block.finish(out, to.line_stride);
    }
    block.go_to(next);
    const std::int64_t inside = width_ - kStep + 1;
    for (const std::int64_t last = inside < end ? inside : end; next < last;
         next += kStep, out += to.stride) {
      block.add_new_columns();
      block.finish(out, to.line_stride);
    }
    for (; next < end; next += kStep, out += to.stride) {
      block.add_new_columns_if_inside(next);
      block.finish(out, to.line_stride);
    }
  }

 private:
  /// The outputs in progress.
  template <std::size_t Lines>
  class Block {
    static constexpr std::size_t kInputLines = Kernel + Stride * (Lines - 1);

   public:
    Block(const DepthwiseWindow& window, const DepthwiseLine* lines) : window_(window) {
      simd::unroll<kInputLines>([&](auto r) __attribute__((always_inline)) {
        const std::int64_t stride = lines[r].stride;
        lines_[r] = {lines[r].start + (stride != 0 ? window.channel_ : 0), stride};
      });
      simd::unroll<Lines>([&](auto line) __attribute__((always_inline)) {
        simd::unroll<Vectors>([&](auto v) __attribute__((always_inline)) {
          simd::unroll<kOpen>([&](auto n) __attribute__((always_inline)) {
            sums_[line][v][n] = window.bias_[v];
          });
        });
      });
    }

    /// Adds a column of the input at position x, nothing where that lies in the padding.
    template <std::size_t Column>
    void add_if_inside(std::int64_t x) {
      if (x < 0 || x >= window_.width_) return;
      simd::unroll<kInputLines>([&](auto r) __attribute__((always_inline)) {
        add<Column, r>(lines_[r].start + x * lines_[r].stride);
      });
    }

    /// Adds the columns that complete the oldest open output; the first is at position x.
    void add_new_columns_if_inside(std::int64_t x) {
      simd::unroll<Stride>([&](auto column) __attribute__((always_inline)) {
        add_if_inside<Kernel - Stride + column>(x + static_cast<std::int64_t>(column));
      });
    }

    /// Makes position x the next of add_new_columns().
    void go_to(std::int64_t x) {
      simd::unroll<kInputLines>([&](auto r) __attribute__((always_inline)) {
        from_[r] = lines_[r].start + x * lines_[r].stride;
      });
    }

    /// The same, inside the input, each after the one before.
    void add_new_columns() {
      simd::unroll<Stride>([&](auto column) __attribute__((always_inline)) {
        simd::unroll<kInputLines>([&](auto r) __attribute__((always_inline)) {
          add<Kernel - Stride + column, r>(from_[r]);
          from_[r] += lines_[r].stride;
        });
      });
    }

    /// Stores the oldest open output of each line and begins another.
    void finish(float* out, std::int64_t line_stride) {
      simd::unroll<Lines>([&](auto line) __attribute__((always_inline)) {
        simd::unroll<Vectors>([&](auto v) __attribute__((always_inline)) {
          Floats(&sums)[kOpen] = sums_[line][v];
          store(sums[0], out + v * Floats::size);
          simd::unroll<kOpen - 1>([&](auto n)
                                      __attribute__((always_inline)) { sums[n] = sums[n + 1]; });
          sums[kOpen - 1] = window_.bias_[v];
        });
        out += line_stride;
      });
    }

   private:
    void store(const Floats& sum, float* out) const {
      simd::clamp(sum, window_.low_, window_.high_).store_unaligned(out);
    }

    /// Adds the values at `from`, in input line `Line` and column `Column` counted from the oldest
    /// open output.
    template <std::size_t Column, std::size_t Line>
    void add(const float* from) {
      simd::unroll<Vectors>([&](auto v) __attribute__((always_inline)) {
        const Floats value = Floats::load_unaligned(from + v * Floats::size);
        simd::unroll<kOpen>([&](auto n) __attribute__((always_inline)) {
          simd::unroll<Lines>([&](auto line) __attribute__((always_inline)) {
            constexpr std::size_t kAbove = line * Stride;
            constexpr std::size_t kBefore = n * Stride;
            if constexpr (Line >= kAbove && Line - kAbove < Kernel && Column >= kBefore &&
                          Column - kBefore < Kernel) {
              constexpr std::size_t kTap = (Line - kAbove) * Kernel + Column - kBefore;
              Floats& sum = sums_[line][v][n];
              sum = xsimd::fma(value, window_.weights_[kTap][v], sum);
            }
          });
        });
      });
    }

    const DepthwiseWindow& window_;
    DepthwiseLine lines_[kInputLines];
    const float* from_[kInputLines];
    Floats sums_[Lines][Vectors][kOpen];
  };

  std::size_t channel_;
  std::int64_t width_;
  Floats weights_[Kernel * Kernel][Vectors];
  Floats bias_[Vectors], low_, high_;
};

}  // namespace
}  // namespace octavo::kernels
