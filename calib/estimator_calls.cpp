#include "calib/estimator_calls.hpp"

#include <cmath>
#include <cstdio>
#include <exception>
#include <string>

#include "octavo/error.hpp"

namespace octavo::calib {
namespace {

[[noreturn]] void fail(const RangeEstimator& estimator, ErrorCode code, const std::string& text) {
  throw Error(code, "range estimator '" + std::string(estimator.name()) + "' " + text);
}

/// Calls a function of an estimator, which may throw anything.
template <class Call>
auto guarded(const RangeEstimator& estimator, const Call& call) {
  try {
    return call();
  } catch (const std::exception& error) {
    fail(estimator, ErrorCode::estimator_failed, std::string("threw: ") + error.what());
  } catch (...) {
    fail(estimator, ErrorCode::estimator_failed, "threw something that is no std::exception");
  }
}

void require_interval(const RangeEstimator& estimator, Range range) {
  if (std::isfinite(range.low) && std::isfinite(range.high) && range.low <= range.high) return;
  char text[96];
  std::snprintf(text, sizeof text, "answered [%g, %g]; expected finite ends in order",
                static_cast<double>(range.low), static_cast<double>(range.high));
  fail(estimator, ErrorCode::estimator_failed, text);
}

}  // namespace

StatisticsRequest needs_of(const RangeEstimator& estimator, Scheme scheme) {
  const StatisticsRequest request = guarded(estimator, [&] { return estimator.needs(scheme); });
  const auto check = [&](std::size_t found, std::size_t most, const char* what) {
    if (found <= most) return;
    fail(estimator, ErrorCode::invalid_argument,
         "asks for " + std::string(what) + " of " + std::to_string(found) + "; expected at most " +
             std::to_string(most));
  };
  check(request.histogram_bins, kMaxHistogramBins, "a number of histogram bins");
  if (request.sample_size != kAutomaticSample) {
    check(request.sample_size, kMaxSampleSize, "a sample size");
  }
  return request;
}

Range estimate_of(const RangeEstimator& estimator, const ActivationStatistics& statistics,
                  const Range* previous) {
  const Range range = guarded(estimator, [&] { return estimator.estimate(statistics, previous); });
  require_interval(estimator, range);
  return range;
}

}  // namespace octavo::calib
