#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "octavo/range_estimator.hpp"

#include "calib/threshold.hpp"

namespace octavo::calib {

/// The bins [first, last) of a histogram that an estimator keeps; never empty.
struct BinInterval {
  std::size_t first = 0;
  std::size_t last = 0;

  [[nodiscard]] std::size_t size() const noexcept { return last - first; }

  /// The end bin that holds fewer values: the right one only when the left one holds more.
  [[nodiscard]] std::size_t emptier_end(std::span<const std::uint64_t> counts) const noexcept {
    return counts[first] > counts[last - 1] ? last - 1 : first;
  }

  /// Drops a bin at one of the ends.
  void drop(std::size_t end) noexcept { end == first ? ++first : --last; }
};

/// What a threshold search counts: a symmetric range is one threshold for both signs.
inline HistogramDomain domain_of(Scheme scheme) noexcept {
  return scheme == Scheme::symmetric ? HistogramDomain::magnitudes : HistogramDomain::values;
}

/// The range that clips nothing.
inline Range unclipped_range(const ActivationStatistics& statistics) noexcept {
  const Range& extrema = statistics.extrema;
  if (statistics.scheme == Scheme::asymmetric) return extrema;
  return range_of_threshold(largest_magnitude(extrema), extrema);
}

/// The range between the outer edges of `kept`, within the extrema; for the symmetric scheme the
/// larger absolute edge counts for both sides, within the largest magnitude.
inline Range range_of_bins(BinInterval kept, const ActivationStatistics& statistics) noexcept {
  const Range& extrema = statistics.extrema;
  const bool symmetric = statistics.scheme == Scheme::symmetric;
  const float largest = largest_magnitude(extrema);
  const Range widest = symmetric ? Range{-largest, largest} : extrema;
  const auto edge = [&](std::size_t i) {
    return std::clamp(static_cast<float>(statistics.histogram.edge(i)), widest.low, widest.high);
  };
  const Range range{edge(kept.first), edge(kept.last)};
  return symmetric ? range_of_threshold(largest_magnitude(range), extrema) : range;
}

}  // namespace octavo::calib
