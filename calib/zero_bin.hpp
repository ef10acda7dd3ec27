#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "octavo/range_estimator.hpp"

/// Zero is exact in every range, so the zeros that ReLU leaves must not draw a range towards them.
namespace octavo::calib {

/// The bin that holds zero, or the one nearest to it; in float, as the values were binned.
inline std::size_t bin_of_zero(const HistogramView& histogram) noexcept {
  const std::size_t bins = histogram.counts.size();
  if (histogram.low >= 0.0F) return 0;
  if (histogram.high <= 0.0F) return bins - 1;
  const float bins_per_unit = static_cast<float>(bins) / (histogram.high - histogram.low);
  const float last = static_cast<float>(bins - 1);
  return static_cast<std::size_t>(std::min(-histogram.low * bins_per_unit, last));
}

/// The count of a bin; that of zero counts at most as many values as the fuller of its neighbours
/// (as in NVIDIA's pytorch-quantization, which copies bin 1 of a histogram of magnitudes to bin 0).
inline std::uint64_t count_without_zeros(const HistogramView& histogram, std::size_t zero_bin,
                                         std::size_t bin) noexcept {
  const std::uint64_t count = histogram.counts[bin];
  if (bin != zero_bin || histogram.low > 0.0F || histogram.high < 0.0F) return count;
  const std::uint64_t left = bin == 0 ? 0 : histogram.counts[bin - 1];
  const std::uint64_t right = bin + 1 == histogram.counts.size() ? 0 : histogram.counts[bin + 1];
  return std::min(count, std::max(left, right));
}

}  // namespace octavo::calib
