#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "octavo/range_estimator.hpp"

#include "kernels/kernels.hpp"

namespace octavo::calib {

/// Finds the range of an activation in each batch: gathers the statistics that an estimator asks
/// for, then asks it. Immutable, so one object serves any number of threads.
class RangeFinder {
 public:
  /// Asks for the estimator's needs. `macs` are the multiply-accumulates that are done with one
  /// such activation: an automatic sample holds one value for 1032 of them (a run of 4 for each
  /// 2^19), from 508 up to 16256. Throws Error{invalid_argument} when there is no estimator, and
  /// what needs_of does. Errors name the estimator.
  RangeFinder(std::shared_ptr<const RangeEstimator> estimator, Scheme scheme, std::uint64_t macs);

  /// Bytes that `find` needs, aligned to 8.
  [[nodiscard]] std::size_t workspace_bytes() const noexcept;

  /// The range of `x`, whose extrema are `extrema` (all finite); `previous` is passed on. Empty:
  /// {0, 0}. Values so far apart that their difference overflows keep the extrema where a histogram
  /// of them is wanted. Throws Error{estimator_failed} when the estimator throws or its answer is
  /// no finite interval. Does not allocate otherwise.
  ///
  /// Of more elements than the estimator's sample size all statistics but the extrema describe a
  /// sample: kSampleRuns runs of equal length, evenly spaced. Their number is a prime: n elements
  /// that make up P groups of equal size (the channels of a pixel, a line, an image) are met by the
  /// runs in kSampleRuns different phases, evenly spaced, unless the prime divides P; so the sample
  /// does not favour some channels or columns. The extrema, which are known of all elements, are in
  /// the list, and the bins that hold them count at least one: a sample that hardly ever holds them
  /// would clip the more of the others the smaller it is.
  [[nodiscard]] Range find(const kernels::KernelTable& kernels, std::span<const float> x,
                           const kernels::Extrema& extrema, const Range* previous,
                           std::span<std::byte> workspace) const;

  /// Whether both always find the same range.
  [[nodiscard]] bool finds_like(const RangeFinder& other) const noexcept;

  static constexpr std::size_t kSampleRuns = 127;

 private:
  /// Elements of a sample.
  [[nodiscard]] std::size_t sample_size() const noexcept { return kSampleRuns * run_length_; }
  /// Bins of a histogram of so many elements.
  [[nodiscard]] std::size_t bins_for(std::size_t elements) const noexcept;
  /// Floats of the workspace, behind the counts of the histogram.
  [[nodiscard]] std::size_t buffer_size() const noexcept;
  /// The elements that stand for all of `x`; where they are few of many, copied to `buffer`.
  std::span<const float> sample_of(std::span<const float> x,
                                   std::span<float> buffer) const noexcept;

  std::shared_ptr<const RangeEstimator> estimator_;
  Scheme scheme_;
  StatisticsRequest request_;
  std::size_t run_length_;
};

}  // namespace octavo::calib
