#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "octavo/range_estimator.hpp"

#include "calib/streaming_histogram.hpp"

namespace octavo::calib {

/// What an estimator asks for, of any number of batches in bounded memory, and its range. Every
/// value counts; instead of listed values there is a histogram, with at least as many bins as were
/// asked for where the limits allow it. The mean deviation is that of the bins' centres.
class StreamingStatistics {
 public:
  /// Throws what needs_of does.
  StreamingStatistics(std::shared_ptr<const RangeEstimator> estimator, Scheme scheme);

  /// Counts a batch. Throws Error{non_finite}, and counts nothing, when it holds NaN or infinity;
  /// Error{estimator_failed} where the estimator is asked after each batch.
  void add(std::span<const float> x);

  /// The range so far; {0, 0} without values. Throws Error{estimator_failed}.
  [[nodiscard]] Range range() const;

 private:
  [[nodiscard]] Range estimate(const Range* previous) const;
  [[nodiscard]] Moments moments() const;
  void clear();

  std::shared_ptr<const RangeEstimator> estimator_;
  Scheme scheme_;
  StatisticsRequest request_;
  Range extrema_;
  std::uint64_t count_ = 0;
  double sum_ = 0.0;
  double sum_magnitudes_ = 0.0;
  double sum_squares_ = 0.0;
  std::optional<StreamingHistogram> histogram_;
  std::optional<StreamingHistogram> spread_;  ///< of values, for the mean deviation
  std::optional<Range> latest_;               ///< of an estimator that is asked after each batch
};

}  // namespace octavo::calib
