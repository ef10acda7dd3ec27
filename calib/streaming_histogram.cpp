#include "calib/streaming_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "octavo/error.hpp"

#include "calib/threshold.hpp"

namespace octavo::calib {
namespace {

/// The exponent of the smallest denormal float.
constexpr int kLeastExponent = -149;

/// floor(value / 2^exponent), exact: scaling a float by a power of two loses nothing in double.
std::int64_t multiple_below(double value, double scale) noexcept {
  const double scaled = value * scale;
  const auto truncated = static_cast<std::int64_t>(scaled);
  return truncated - (scaled < static_cast<double>(truncated) ? 1 : 0);
}

/// The exponent of the narrowest bins of which `bins` cover the extrema. At most 2^24 such bins lie
/// between zero and the largest magnitude.
int exponent_for(Range extrema, std::size_t bins) {
  const float largest = largest_magnitude(extrema);
  int exponent =
      largest == 0.0F
          ? kLeastExponent
          : std::max(kLeastExponent, std::ilogb(largest) - std::numeric_limits<float>::digits + 1);
  const auto extent = [&] {
    const double scale = std::ldexp(1.0, -exponent);
    return multiple_below(extrema.high, scale) - multiple_below(extrema.low, scale);
  };
  while (extent() >= static_cast<std::int64_t>(bins)) ++exponent;
  return exponent;
}

}  // namespace

StreamingHistogram::StreamingHistogram(std::size_t bins, HistogramDomain domain)
    : domain_(domain), exponent_(kLeastExponent) {
  if (bins < 2 || bins > kMaxHistogramBins || !std::has_single_bit(bins)) {
    throw Error(ErrorCode::invalid_argument, "streaming histogram: found " + std::to_string(bins) +
                                                 " bins; expected a power of two from 2 to " +
                                                 std::to_string(kMaxHistogramBins));
  }
  counts_.resize(bins);
}

void StreamingHistogram::add(std::span<const float> x) {
  if (x.empty()) return;
  const bool magnitudes = domain_ == HistogramDomain::magnitudes;
  const auto counted = [magnitudes](float value) { return magnitudes ? std::abs(value) : value; };
  Range batch{counted(x[0]), counted(x[0])};
  for (const float value : x) {
    if (!std::isfinite(value)) {
      throw Error(ErrorCode::non_finite, "streaming histogram: found NaN or infinity");
    }
    batch = {std::min(batch.low, counted(value)), std::max(batch.high, counted(value))};
  }
  grow(batch);
  const double scale = std::ldexp(1.0, -exponent_);
  for (const float value : x) {
    ++counts_[static_cast<std::size_t>(multiple_below(counted(value), scale) - first_)];
  }
  total_ += x.size();
}

void StreamingHistogram::merge(const StreamingHistogram& other) {
  if (other.domain_ != domain_ || other.counts_.size() != counts_.size()) {
    throw Error(ErrorCode::invalid_argument,
                "streaming histogram: found another number of bins or domain to merge with");
  }
  if (other.total_ == 0) return;
  StreamingHistogram theirs = other;
  if (total_ != 0) theirs.grow(extrema_);
  grow(other.extrema_);
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += theirs.counts_[i];
  total_ += other.total_;
}

HistogramView StreamingHistogram::view() const noexcept {
  const double width = std::ldexp(1.0, exponent_);
  const std::int64_t last = multiple_below(extrema_.high, 1.0 / width) + 1;
  constexpr double kLargest = std::numeric_limits<float>::max();
  return {std::span(counts_).first(static_cast<std::size_t>(last - first_)),
          static_cast<float>(static_cast<double>(first_) * width),
          static_cast<float>(std::min(static_cast<double>(last) * width, kLargest))};
}

void StreamingHistogram::grow(Range extrema) {
  extrema_ = total_ == 0 ? extrema
                         : Range{std::min(extrema_.low, extrema.low),
                                 std::max(extrema_.high, extrema.high)};
  const Range covered{domain_ == HistogramDomain::magnitudes ? 0.0F : extrema_.low, extrema_.high};
  const int exponent = exponent_for(covered, counts_.size());
  const std::int64_t first = multiple_below(covered.low, std::ldexp(1.0, -exponent));
  if (total_ != 0) merge_neighbours(exponent - exponent_, first);
  exponent_ = exponent;
  first_ = first;
}

void StreamingHistogram::merge_neighbours(int doublings, std::int64_t first) {
  if (doublings == 0 && first == first_) return;
  std::vector<std::uint64_t> merged(counts_.size());
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    // A right shift of a negative number rounds down, as the edges need.
    const std::int64_t bin = (first_ + static_cast<std::int64_t>(i)) >> std::min(doublings, 62);
    merged[static_cast<std::size_t>(bin - first)] += counts_[i];
  }
  counts_ = std::move(merged);
}

}  // namespace octavo::calib
