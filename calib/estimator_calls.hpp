#pragma once

#include "octavo/range_estimator.hpp"

/// Calls of estimators, which may be the application's: what they throw and answer is checked.
/// Errors name the estimator.
namespace octavo::calib {

/// Throws Error{estimator_failed} when the estimator throws, and Error{invalid_argument} when it
/// wants more than kMaxHistogramBins bins or a sample above kMaxSampleSize that is not
/// kAutomaticSample.
StatisticsRequest needs_of(const RangeEstimator& estimator, Scheme scheme);

/// Throws Error{estimator_failed} when the estimator throws or its answer is no finite interval.
Range estimate_of(const RangeEstimator& estimator, const ActivationStatistics& statistics,
                  const Range* previous);

}  // namespace octavo::calib
