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
  static constexpr std::size_t kMostBins = 2048;
  static constexpr std::size_t kMostElements = 65535;  // the sums of the tables do not overflow

  explicit PartialHistograms(std::size_t bins) : bins_(bins) {
    std::memset(tables_, 0, kTables * bins_ * sizeof(std::uint16_t));
  }
  void count(const std::int32_t* found, std::size_t n) {
    std::uint16_t* const table[kTables] = {tables_, tables_ + bins_, tables_ + 2 * bins_,
                                           tables_ + 3 * bins_};
    std::size_t i = 0;
    for (; i + kTables <= n; i += kTables) {
      simd::unroll<kTables>([&](auto t) { ++table[t][found[i + t]]; });
    }
    for (; i < n; ++i) ++tables_[found[i]];
  }
  template <class A>
  void add_to(std::uint64_t* counts) {
    using Counts = simd::batch<std::uint16_t, A>;
    const auto table = [this](std::size_t t, std::size_t b) { return tables_ + t * bins_ + b; };
    std::size_t b = 0;
    for (; b + Counts::size <= bins_; b += Counts::size) {
      Counts sum = Counts::load_unaligned(table(0, b));
      for (std::size_t t = 1; t < kTables; ++t) sum += Counts::load_unaligned(table(t, b));
      sum.store_unaligned(table(0, b));
    }
    for (; b < bins_; ++b) {
      for (std::size_t t = 1; t < kTables; ++t) *table(0, b) += *table(t, b);
    }
    for (b = 0; b < bins_; ++b) counts[b] += tables_[b];
  }

 private:
  static constexpr std::size_t kTables = 4;
  std::size_t bins_;
  std::uint16_t tables_[kTables * kMostBins];
};

/// Calls count(bins, m) for the bins of m elements at a time.
template <class A, class Count>
void for_each_block(const float* x, std::size_t n, const HistogramBins& bins, const Count& count) {
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
    count(found, kStep);
  }
  if (i == n) return;
  float rest[kStep] = {};
  std::memcpy(rest, x + i, (n - i) * sizeof(float));
  find(rest);
  count(found, n - i);
}

template <class A>
void histogram(const float* x, std::size_t n, const HistogramBins& bins,
               std::uint64_t* counts) noexcept {
  if (bins.bins > PartialHistograms::kMostBins || n < bins.bins) {
    for_each_block<A>(x, n, bins, [&](const std::int32_t* found, std::size_t m) {
      for (std::size_t i = 0; i < m; ++i) ++counts[found[i]];
    });
    return;
  }
  while (n > 0) {
    const std::size_t part =
        n < PartialHistograms::kMostElements ? n : PartialHistograms::kMostElements;
    PartialHistograms partial(bins.bins);
    for_each_block<A>(x, part, bins,
                      [&](const std::int32_t* found, std::size_t m) { partial.count(found, m); });
    partial.add_to<A>(counts);
    x += part;
    n -= part;
  }
}

}  // namespace
}  // namespace octavo::kernels
