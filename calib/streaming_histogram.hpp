#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "octavo/range_estimator.hpp"

namespace octavo::calib {

/// A histogram of any number of batches in bounded memory. The width of its bins is a power of two,
/// and their edges are multiples of it: when the extent of the values outgrows the bins, neighbours
/// are merged in pairs. So the bins follow from the smallest and the largest value alone, and the
/// counts from the set of values, however they are split into batches, ordered or merged.
class StreamingHistogram {
 public:
  /// Uses at most `bins` bins, and more than half of them unless the values are so close that bins
  /// as wide as the spacing of floats at the largest magnitude suffice. Throws
  /// Error{invalid_argument} when `bins` is not a power of two from 2 to kMaxHistogramBins.
  StreamingHistogram(std::size_t bins, HistogramDomain domain);

  /// Counts a batch. Throws Error{non_finite}, and counts nothing, when it holds NaN or infinity.
  void add(std::span<const float> x);

  /// Counts what `other` has counted. Throws Error{invalid_argument} when it was made with another
  /// number of bins or domain.
  void merge(const StreamingHistogram& other);

  /// The extrema of the values, or of their magnitudes; {0, 0} for none.
  [[nodiscard]] Range extrema() const noexcept { return extrema_; }
  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }

  /// From the bin of the smallest value (of zero, for magnitudes) to that of the largest. The last
  /// edge is at most the largest float. Valid until the next call that changes the histogram.
  [[nodiscard]] HistogramView view() const noexcept;

 private:
  /// Makes room for values in `extrema`, some of which are about to be counted.
  void grow(Range extrema);
  void merge_neighbours(int doublings, std::int64_t first);

  HistogramDomain domain_;
  Range extrema_;
  std::uint64_t total_ = 0;
  int exponent_;            ///< bins are 2^exponent_ wide
  std::int64_t first_ = 0;  ///< counts_[0] counts [first_, first_ + 1) * 2^exponent_
  std::vector<std::uint64_t> counts_;
};

}  // namespace octavo::calib
