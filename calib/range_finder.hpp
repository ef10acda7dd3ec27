#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "octavo/range_estimator.hpp"

#include "kernels/kernels.hpp"

namespace octavo::calib {

/// Finds the range of an activation in each batch: gathers the statistics that an estimator asks
/// for, then asks it. Immutable, so one object serves any number of threads.
class RangeFinder {
 public:
  /// Asks for the estimator's needs. Throws Error{invalid_argument} when there is no estimator or
  /// it wants more than kMaxHistogramBins bins.
  RangeFinder(std::shared_ptr<const RangeEstimator> estimator, Scheme scheme);

  /// Bytes that `find` needs, aligned to 8.
  [[nodiscard]] std::size_t workspace_bytes() const noexcept;

  /// The range of `x`, whose extrema are `extrema` (all finite); `previous` is passed on. Empty:
  /// {0, 0}. An estimate that is not a finite interval is replaced by the extrema, and so is the
  /// range of values so far apart that their difference overflows where a histogram of them is
  /// wanted. Does not allocate.
  ///
  /// Of more than kSampleSize elements, moments and histogram describe a sample: kSampleRuns runs
  /// of kSampleRunLength, evenly spaced. Their number is a prime: n elements that make up P groups
  /// of equal size (the channels of a pixel, a line, an image) are met by the runs in kSampleRuns
  /// different phases, evenly spaced, unless the prime divides P; so the sample does not favour
  /// some channels or columns. Runs are long enough to hold whole pixels of most layers even then.
  [[nodiscard]] Range find(const kernels::KernelTable& kernels, std::span<const float> x,
                           const kernels::Extrema& extrema, const Range* previous,
                           std::span<std::byte> workspace) const noexcept;

  static constexpr std::size_t kSampleRuns = 127;
  static constexpr std::size_t kSampleRunLength = 512;
  static constexpr std::size_t kSampleSize = kSampleRuns * kSampleRunLength;

 private:
  std::shared_ptr<const RangeEstimator> estimator_;
  Scheme scheme_;
  StatisticsRequest request_;
};

}  // namespace octavo::calib
