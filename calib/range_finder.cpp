#include "calib/range_finder.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "octavo/error.hpp"

#include "calib/threshold.hpp"

namespace octavo::calib {
namespace {

/// A histogram covers at least this extent: narrower ones (as of equal values) would need more bins
/// per unit than a float can hold.
constexpr float kLeastExtent = 0x1p-112F;

/// Calls gather(data, size) for the elements that stand for all of `x`, and returns their number.
template <class Gather>
std::size_t for_sample(std::span<const float> x, const Gather& gather) {
  if (x.size() <= RangeFinder::kSampleSize) {
    gather(x.data(), x.size());
    return x.size();
  }
  // Quotient and remainder apart: run * x.size() could overflow.
  const std::size_t spacing = x.size() / RangeFinder::kSampleRuns;
  const std::size_t rest = x.size() % RangeFinder::kSampleRuns;
  for (std::size_t run = 0; run < RangeFinder::kSampleRuns; ++run) {
    const std::size_t start = run * spacing + run * rest / RangeFinder::kSampleRuns;
    gather(x.data() + start, RangeFinder::kSampleRunLength);
  }
  return RangeFinder::kSampleSize;
}

Moments moments_of(const kernels::KernelTable& kernels, std::span<const float> x) {
  kernels::MomentSums sums;
  const std::size_t size = for_sample(x, [&](const float* data, std::size_t n) {
    const kernels::MomentSums part = kernels.moments(data, n);
    sums.sum += part.sum;
    sums.sum_magnitudes += part.sum_magnitudes;
    sums.sum_squares += part.sum_squares;
  });
  const double count = static_cast<double>(size);
  const double mean = sums.sum / count;
  return {mean, sums.sum_magnitudes / count, std::max(0.0, sums.sum_squares / count - mean * mean)};
}

HistogramView histogram_of(const kernels::KernelTable& kernels, std::span<const float> x,
                           Range domain, bool magnitudes, std::span<std::uint64_t> counts) {
  const float high = std::max(domain.high, domain.low + kLeastExtent);
  kernels::HistogramBins bins;
  bins.low = domain.low;
  bins.bins_per_unit =
      static_cast<float>(counts.size()) / std::max(high - domain.low, kLeastExtent);
  bins.bins = counts.size();
  bins.magnitudes = magnitudes;
  std::ranges::fill(counts, std::uint64_t{0});
  for_sample(x, [&](const float* data, std::size_t n) {
    kernels.histogram(data, n, bins, counts.data());
  });
  return {counts, domain.low, high};
}

bool is_interval(Range range) {
  return std::isfinite(range.low) && std::isfinite(range.high) && range.low <= range.high;
}

}  // namespace

RangeFinder::RangeFinder(std::shared_ptr<const RangeEstimator> estimator, Scheme scheme)
    : estimator_(std::move(estimator)), scheme_(scheme) {
  if (estimator_ == nullptr) {
    throw Error(ErrorCode::invalid_argument, "range estimator: found none (a null pointer)");
  }
  request_ = estimator_->needs(scheme);
  if (request_.histogram_bins > kMaxHistogramBins) {
    throw Error(ErrorCode::invalid_argument, "range estimator: it asks for a histogram of " +
                                                 std::to_string(request_.histogram_bins) +
                                                 " bins; expected at most " +
                                                 std::to_string(kMaxHistogramBins));
  }
}

std::size_t RangeFinder::workspace_bytes() const noexcept {
  return request_.histogram_bins * sizeof(std::uint64_t);
}

Range RangeFinder::find(const kernels::KernelTable& kernels, std::span<const float> x,
                        const kernels::Extrema& extrema, const Range* previous,
                        std::span<std::byte> workspace) const noexcept {
  if (x.empty()) return {};
  ActivationStatistics statistics;
  statistics.scheme = scheme_;
  statistics.extrema = {extrema.low, extrema.high};
  if (request_.moments) statistics.moments = moments_of(kernels, x);
  if (request_.histogram_bins > 0) {
    const bool magnitudes = request_.histogram_domain == HistogramDomain::magnitudes;
    const Range domain =
        magnitudes ? Range{0.0F, largest_magnitude(statistics.extrema)} : statistics.extrema;
    if (!std::isfinite(domain.high - domain.low)) return statistics.extrema;
    statistics.histogram =
        histogram_of(kernels, x, domain, magnitudes,
                     {reinterpret_cast<std::uint64_t*>(workspace.data()), request_.histogram_bins});
  }
  const Range range = estimator_->estimate(statistics, previous);
  return is_interval(range) ? range : statistics.extrema;
}

}  // namespace octavo::calib
