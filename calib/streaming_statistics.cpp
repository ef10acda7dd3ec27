#include "calib/streaming_statistics.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "octavo/error.hpp"

#include "calib/estimator_calls.hpp"

namespace octavo::calib {
namespace {

constexpr std::size_t kSpreadBins = 2048;

}  // namespace

StreamingStatistics::StreamingStatistics(std::shared_ptr<const RangeEstimator> estimator,
                                         Scheme scheme)
    : estimator_(std::move(estimator)), scheme_(scheme), request_(needs_of(*estimator_, scheme)) {
  clear();
}

void StreamingStatistics::clear() {
  extrema_ = {};
  count_ = 0;
  sum_ = sum_magnitudes_ = sum_squares_ = 0.0;
  if (request_.histogram_bins > 0) {
    // A streaming histogram may leave half of its bins empty.
    const std::size_t bins =
        std::min(kMaxHistogramBins, 2 * std::bit_ceil(request_.histogram_bins));
    histogram_.emplace(bins, request_.histogram_domain);
  }
  if (request_.moments) spread_.emplace(kSpreadBins, HistogramDomain::values);
}

void StreamingStatistics::add(std::span<const float> x) {
  if (x.empty()) return;
  if (!std::ranges::all_of(x, [](float value) { return std::isfinite(value); })) {
    throw Error(ErrorCode::non_finite, "found NaN or infinity");
  }
  if (request_.each_batch) clear();
  const auto [low, high] = std::ranges::minmax(x);
  extrema_ = count_ == 0 ? Range{low, high}
                         : Range{std::min(extrema_.low, low), std::max(extrema_.high, high)};
  count_ += x.size();
  if (request_.moments) {
    for (const float value : x) {
      const auto wide = static_cast<double>(value);
      sum_ += wide;
      sum_magnitudes_ += std::abs(wide);
      sum_squares_ += wide * wide;
    }
    spread_->add(x);
  }
  if (histogram_) histogram_->add(x);
  if (request_.each_batch) latest_ = estimate(latest_ ? &*latest_ : nullptr);
}

Range StreamingStatistics::range() const {
  if (count_ == 0) return {};
  return latest_ ? *latest_ : estimate(nullptr);
}

Range StreamingStatistics::estimate(const Range* previous) const {
  ActivationStatistics statistics;
  statistics.scheme = scheme_;
  statistics.extrema = extrema_;
  if (request_.moments) statistics.moments = moments();
  if (histogram_) {
    statistics.histogram = histogram_->view();
    // As RangeFinder does: bins of values so far apart have no width.
    if (!std::isfinite(statistics.histogram.high - statistics.histogram.low)) return extrema_;
  }
  return estimate_of(*estimator_, statistics, previous);
}

Moments StreamingStatistics::moments() const {
  const auto count = static_cast<double>(count_);
  const double mean = sum_ / count;
  double deviations = 0.0;
  const HistogramView spread = spread_->view();
  for (std::size_t i = 0; i < spread.counts.size(); ++i) {
    const double centre = (spread.edge(i) + spread.edge(i + 1)) / 2.0;
    deviations += static_cast<double>(spread.counts[i]) * std::abs(centre - mean);
  }
  return {mean, sum_magnitudes_ / count, deviations / count,
          std::max(0.0, sum_squares_ / count - mean * mean)};
}

}  // namespace octavo::calib
