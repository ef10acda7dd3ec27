#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/kernels.hpp"
#include "kernels/simd.hpp"

namespace octavo::kernels {
namespace {

template <class A>
Extrema extrema(const float* x, std::size_t n) noexcept {
  using Floats = simd::batch<float, A>;
  constexpr std::size_t kParts = 4;
  constexpr std::size_t kStep = kParts * Floats::size;
  Extrema result;
  Floats low[kParts];
  Floats high[kParts];
  Floats poison[kParts];  // sums of x * 0: 0 as long as all x are finite, then NaN
  simd::unroll<kParts>([&](auto p) {
    low[p] = Floats(result.low);
    high[p] = Floats(result.high);
    poison[p] = Floats(0.0F);
  });
  const auto add = [&](const Floats& value, auto p) {
    low[p] = xsimd::min(value, low[p]);
    high[p] = xsimd::max(value, high[p]);
    poison[p] = xsimd::fma(value, Floats(0.0F), poison[p]);
  };

  std::size_t i = 0;
  for (; i + kStep <= n; i += kStep) {
    simd::unroll<kParts>([&](auto p) { add(Floats::load_unaligned(x + i + p * Floats::size), p); });
  }
  if (i < n) {
    // An element of the rest, repeated, changes nothing.
    float rest[kStep];
    for (std::size_t r = 0; r < kStep; ++r) rest[r] = x[i + r < n ? i + r : i];
    simd::unroll<kParts>([&](auto p) { add(Floats::load_unaligned(rest + p * Floats::size), p); });
  }

  float lows[kStep];
  float highs[kStep];
  float poisons[kStep];
  simd::unroll<kParts>([&](auto p) {
    low[p].store_unaligned(lows + p * Floats::size);
    high[p].store_unaligned(highs + p * Floats::size);
    poison[p].store_unaligned(poisons + p * Floats::size);
  });
  for (std::size_t r = 0; r < kStep; ++r) {
    if (lows[r] < result.low) result.low = lows[r];
    if (highs[r] > result.high) result.high = highs[r];
    if (!(poisons[r] == 0.0F)) result.finite = false;
  }
  return result;
}

/// Sixteen sums, element i in number i % 16, added in order, as the reference does.
template <class A>
MomentSums moments(const float* x, std::size_t n) noexcept {
  using Floats = simd::batch<float, A>;
  using Doubles = simd::batch<double, A>;
  constexpr std::size_t kSums = 16;
  constexpr std::size_t kParts = kSums / Doubles::size;
  Doubles sum[kParts];
  Doubles magnitudes[kParts];
  Doubles squares[kParts];
  simd::unroll<kParts>([&](auto p) { sum[p] = magnitudes[p] = squares[p] = Doubles(0.0); });
  const auto add_part = [&](const Doubles& value, auto p) {
    sum[p] += value;
    magnitudes[p] += xsimd::abs(value);
    squares[p] += value * value;
  };
  const auto add = [&](const float* from) {
    simd::unroll<kParts / 2>([&](auto p) {
      const Floats value = Floats::load_unaligned(from + p * Floats::size);
      add_part(simd::low_doubles(value), std::integral_constant<std::size_t, 2 * p>{});
      add_part(simd::high_doubles(value), std::integral_constant<std::size_t, 2 * p + 1>{});
    });
  };

  std::size_t i = 0;
  for (; i + kSums <= n; i += kSums) add(x + i);
  if (i < n) {
    float rest[kSums] = {};
    std::memcpy(rest, x + i, (n - i) * sizeof(float));
    add(rest);
  }

  MomentSums total;
  double sums[3][kSums];
  simd::unroll<kParts>([&](auto p) {
    sum[p].store_unaligned(sums[0] + p * Doubles::size);
    magnitudes[p].store_unaligned(sums[1] + p * Doubles::size);
    squares[p].store_unaligned(sums[2] + p * Doubles::size);
  });
  for (std::size_t s = 0; s < kSums; ++s) {
    total.sum += sums[0][s];
    total.sum_magnitudes += sums[1][s];
    total.sum_squares += sums[2][s];
  }
  return total;
}

/// Counts side by side in a few tables, as adding to one counter twice in a row waits for memory.
class PartialHistograms {
 public:
  static constexpr std::size_t kTables = 4;
  static constexpr std::size_t kMostBins = 2048;
  static constexpr std::size_t kMostElements = kTables * 65535;  // no counter overflows

  explicit PartialHistograms(std::size_t bins) : bins_(bins) {
    std::memset(tables_, 0, kTables * bins_ * sizeof(std::uint16_t));
  }
  void count(std::size_t table, std::int32_t bin) {
    ++tables_[table * bins_ + static_cast<std::size_t>(bin)];
  }
  void add_to(std::uint64_t* counts) const {
    for (std::size_t b = 0; b < bins_; ++b) {
      std::uint32_t sum = 0;
      for (std::size_t t = 0; t < kTables; ++t) sum += tables_[t * bins_ + b];
      counts[b] += sum;
    }
  }

 private:
  std::size_t bins_;
  std::uint16_t tables_[kTables * kMostBins];
};

/// Calls count(i, bin) for every element.
template <class A, class Count>
void for_each_bin(const float* x, std::size_t n, const HistogramBins& bins, Count&& count) {
  using Floats = simd::batch<float, A>;
  using Ints = simd::batch<std::int32_t, A>;
  constexpr std::size_t kParts = 4;
  constexpr std::size_t kStep = kParts * Floats::size;
  const Floats low(bins.low);
  const Floats factor(bins.bins_per_unit);
  const Floats last(static_cast<float>(bins.bins - 1));
  alignas(64) std::int32_t found[kStep];
  const auto find = [&](const float* from) {
    simd::unroll<kParts>([&](auto p) {
      Floats value = Floats::load_unaligned(from + p * Floats::size);
      if (bins.magnitudes) value = xsimd::abs(value);
      const Floats position = xsimd::min(xsimd::max((value - low) * factor, Floats(0.0F)), last);
      simd::truncate_to_int(position).store_aligned(found + p * Ints::size);
    });
  };

  std::size_t i = 0;
  for (; i + kStep <= n; i += kStep) {
    find(x + i);
    for (std::size_t r = 0; r < kStep; ++r) count(r, found[r]);
  }
  if (i == n) return;
  float rest[kStep] = {};
  std::memcpy(rest, x + i, (n - i) * sizeof(float));
  find(rest);
  for (std::size_t r = 0; r < n - i; ++r) count(r, found[r]);
}

template <class A>
void histogram(const float* x, std::size_t n, const HistogramBins& bins,
               std::uint64_t* counts) noexcept {
  if (bins.bins > PartialHistograms::kMostBins || n < bins.bins) {
    for_each_bin<A>(x, n, bins, [&](std::size_t, std::int32_t bin) {
      ++counts[static_cast<std::size_t>(bin)];
    });
    return;
  }
  while (n > 0) {
    const std::size_t part =
        n < PartialHistograms::kMostElements ? n : PartialHistograms::kMostElements;
    PartialHistograms partial(bins.bins);
    for_each_bin<A>(x, part, bins, [&](std::size_t i, std::int32_t bin) {
      partial.count(i % PartialHistograms::kTables, bin);
    });
    partial.add_to(counts);
    x += part;
    n -= part;
  }
}

}  // namespace
}  // namespace octavo::kernels
