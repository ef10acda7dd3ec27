#include "calib/range_finder.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "octavo/error.hpp"

#include "calib/estimator_calls.hpp"
#include "calib/threshold.hpp"

namespace octavo::calib {
namespace {

/// A histogram covers at least this extent: narrower ones (as of equal values) would need more bins
/// per unit than a float can hold.
constexpr float kLeastExtent = 0x1p-112F;

/// An automatic sample has runs of 1 to 32 blocks, one for so many multiply-accumulates.
constexpr std::size_t kRunBlock = 4;
constexpr std::uint64_t kMacsPerBlock = std::uint64_t{1} << 19U;
/// Activations of fewer elements have the bins of the smallest sample: wide bins would make coarse
/// ranges.
constexpr std::size_t kLeastSample = RangeFinder::kSampleRuns * kRunBlock;

/// Elements whose deviations from the mean are summed at a time.
constexpr std::size_t kChunk = 1024;

Moments moments_of(const kernels::KernelTable& kernels, std::span<const float> x,
                   std::span<float, kChunk> chunk) {
  const kernels::MomentSums sums = kernels.moments(x.data(), x.size());
  const double count = static_cast<double>(x.size());
  const double mean = sums.sum / count;
  const auto centre = static_cast<float>(mean);
  double deviations = 0.0;
  for (std::size_t i = 0; i < x.size(); i += kChunk) {
    const std::size_t n = std::min(kChunk, x.size() - i);
    kernels.binary(kernels::BinaryMethod::subtract, x.data() + i, 1, &centre, 0, n, chunk.data());
    deviations += kernels.moments(chunk.data(), n).sum_magnitudes;
  }
  return {mean, sums.sum_magnitudes / count, deviations / count,
          std::max(0.0, sums.sum_squares / count - mean * mean)};
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
  kernels.histogram(x.data(), x.size(), bins, counts.data());
  return {counts, domain.low, high};
}

}  // namespace

RangeFinder::RangeFinder(std::shared_ptr<const RangeEstimator> estimator, Scheme scheme,
                         std::uint64_t macs)
    : estimator_(std::move(estimator)), scheme_(scheme) {
  if (estimator_ == nullptr) {
    throw Error(ErrorCode::invalid_argument, "range estimator: found none (a null pointer)");
  }
  request_ = needs_of(*estimator_, scheme);
  run_length_ =
      request_.sample_size == kAutomaticSample
          ? static_cast<std::size_t>(std::clamp<std::uint64_t>(macs / kMacsPerBlock, 1, 32)) *
                kRunBlock
          : std::max<std::size_t>(1, request_.sample_size / kSampleRuns);
}

std::size_t RangeFinder::bins_for(std::size_t elements) const noexcept {
  if (request_.sample_size != kAutomaticSample) return request_.histogram_bins;
  const std::size_t filled =
      std::max(elements, kLeastSample) / std::max<std::size_t>(request_.values_per_bin, 1);
  return std::min(std::max<std::size_t>(filled, 1), request_.histogram_bins);
}

bool RangeFinder::finds_like(const RangeFinder& other) const noexcept {
  const bool samples = buffer_size() != 0;
  return estimator_ == other.estimator_ && scheme_ == other.scheme_ &&
         (!samples || run_length_ == other.run_length_);
}

std::size_t RangeFinder::buffer_size() const noexcept {
  if (!request_.moments && !request_.values && request_.histogram_bins == 0) return 0;
  const std::size_t sample = request_.sample_size == 0 ? 0 : sample_size();
  return std::max(sample, request_.values ? kMaxListedValues : 0) + (request_.moments ? kChunk : 0);
}

std::size_t RangeFinder::workspace_bytes() const noexcept {
  return bins_for(sample_size()) * sizeof(std::uint64_t) + buffer_size() * sizeof(float);
}

std::span<const float> RangeFinder::sample_of(std::span<const float> x,
                                              std::span<float> buffer) const noexcept {
  const std::size_t size = sample_size();
  const bool automatic = request_.sample_size == kAutomaticSample;
  if (request_.sample_size == 0 ||
      x.size() <= (automatic ? size : std::max(size, request_.sample_size))) {
    return x;
  }
  // Quotient and remainder apart: run * x.size() could overflow.
  const std::size_t spacing = x.size() / kSampleRuns;
  const std::size_t rest = x.size() % kSampleRuns;
  for (std::size_t run = 0; run < kSampleRuns; ++run) {
    const float* from = x.data() + run * spacing + run * rest / kSampleRuns;
    float* to = buffer.data() + run * run_length_;
    // Blocks of a known length need no call.
    std::size_t i = 0;
    for (; i + kRunBlock <= run_length_; i += kRunBlock) {
      std::memcpy(to + i, from + i, kRunBlock * sizeof(float));
    }
    for (; i < run_length_; ++i) to[i] = from[i];
  }
  return buffer.first(size);
}

Range RangeFinder::find(const kernels::KernelTable& kernels, std::span<const float> x,
                        const kernels::Extrema& extrema, const Range* previous,
                        std::span<std::byte> workspace) const {
  if (x.empty()) return {};
  ActivationStatistics statistics;
  statistics.scheme = scheme_;
  statistics.extrema = {extrema.low, extrema.high};
  const std::span<std::uint64_t> counts(reinterpret_cast<std::uint64_t*>(workspace.data()),
                                        bins_for(sample_size()));
  const std::span<float> buffer(reinterpret_cast<float*>(workspace.data() + counts.size_bytes()),
                                buffer_size());
  const std::span<const float> sample = buffer.empty() ? x : sample_of(x, buffer);
  const bool is_part = sample.size() < x.size();
  if (request_.moments) {
    statistics.moments = moments_of(kernels, sample, buffer.last<kChunk>());
  }
  const std::size_t listed = sample.size() + (is_part ? 2 : 0);
  if (request_.values && listed <= kMaxListedValues) {
    statistics.values = buffer.first(listed);
    if (!is_part) std::ranges::copy(sample, buffer.begin());
    if (is_part) {
      statistics.values[listed - 2] = extrema.low;
      statistics.values[listed - 1] = extrema.high;
    }
  } else if (request_.histogram_bins > 0) {
    const bool magnitudes = request_.histogram_domain == HistogramDomain::magnitudes;
    const Range domain =
        magnitudes ? Range{0.0F, largest_magnitude(statistics.extrema)} : statistics.extrema;
    if (!std::isfinite(domain.high - domain.low)) return statistics.extrema;
    statistics.histogram =
        histogram_of(kernels, sample, domain, magnitudes, counts.first(bins_for(sample.size())));
    if (is_part) {
      std::uint64_t& lowest = counts.front();
      std::uint64_t& highest = counts[statistics.histogram.counts.size() - 1];
      highest = std::max(highest, std::uint64_t{1});
      if (!magnitudes) lowest = std::max(lowest, std::uint64_t{1});
    }
  }
  return estimate_of(*estimator_, statistics, previous);
}

}  // namespace octavo::calib
