#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "calib/bin_interval.hpp"
#include "calib/estimators.hpp"

namespace octavo::calib {
namespace {

/// A heap of fewer values than this, which most values do not enter, selects faster than
/// partitions.
constexpr std::uint64_t kFew = 32;

/// The range up to a percentile of the values, after H. Wu et al., "Integer Quantization for Deep
/// Learning Inference: Principles and Empirical Evaluation", 2020. Symmetric: of |x|; asymmetric:
/// of x, and as far from the other end. Of n values the percentile is number ceil(n * p / 100) in
/// order, found by selection; with a histogram instead of values it is the outer edge of the bin
/// that holds it. 100 keeps the extrema.
class PercentileEstimator final : public RangeEstimator {
 public:
  PercentileEstimator(double percentile, std::size_t bins, std::size_t sample_size)
      : percentile_(percentile), bins_(bins), sample_size_(sample_size) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "percentile"; }

  [[nodiscard]] StatisticsRequest needs(Scheme scheme) const override {
    return {.histogram_bins = bins_,
            .histogram_domain = domain_of(scheme),
            .values = true,
            .sample_size = sample_size_};
  }

  [[nodiscard]] Range estimate(const ActivationStatistics& statistics,
                               const Range*) const noexcept override {
    const std::span<const std::uint64_t> counts = statistics.histogram.counts;
    const std::uint64_t total = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
    if (percentile_ == 100.0) return unclipped_range(statistics);
    if (!statistics.values.empty()) return of_values(statistics);
    return total == 0 ? unclipped_range(statistics) : of_histogram(statistics, total);
  }

 private:
  /// Values beyond the percentile: fewer than half, as it is above 50.
  [[nodiscard]] std::uint64_t beyond(std::uint64_t total) const noexcept {
    const double n = static_cast<double>(total);
    return total -
           static_cast<std::uint64_t>(std::clamp(std::ceil(n * percentile_ / 100.0), 1.0, n));
  }

  [[nodiscard]] Range of_values(const ActivationStatistics& statistics) const noexcept {
    const std::span<float> values = statistics.values;
    const std::uint64_t clipped = beyond(values.size());
    if (clipped == 0) return unclipped_range(statistics);
    if (statistics.scheme == Scheme::symmetric) {
      for (float& value : values) value = std::abs(value);
      return range_of_threshold(select(values, clipped, std::ranges::greater()),
                                statistics.extrema);
    }
    const float low = select(values, clipped, std::ranges::less());
    return {low, select(values, clipped, std::ranges::greater())};
  }

  /// The value that `count` others come before.
  template <class Before>
  static float select(std::span<float> values, std::uint64_t count, Before before) noexcept {
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(count);
    if (count < kFew) {
      std::ranges::partial_sort(values, at + 1, before);
    } else {
      std::ranges::nth_element(values, at, before);
    }
    return *at;
  }

  [[nodiscard]] Range of_histogram(const ActivationStatistics& statistics,
                                   std::uint64_t total) const noexcept {
    const std::span<const std::uint64_t> counts = statistics.histogram.counts;
    const std::uint64_t clipped = beyond(total);
    BinInterval kept{0, counts.size()};
    std::uint64_t dropped = counts[kept.last - 1];
    for (; dropped <= clipped; dropped += counts[kept.last - 1]) --kept.last;
    if (statistics.scheme == Scheme::symmetric) return range_of_bins(kept, statistics);
    dropped = counts[0];
    for (; dropped <= clipped; dropped += counts[kept.first]) ++kept.first;
    return range_of_bins(kept, statistics);
  }

  double percentile_;
  std::size_t bins_;
  std::size_t sample_size_;
};

}  // namespace

std::shared_ptr<const RangeEstimator> make_percentile(EstimatorParameters& parameters) {
  const double percentile = parameters.number("percentile", 99.99, 50.0, 100.0);
  const std::size_t bins = parameters.whole_number("bins", 2048, 2, kMaxHistogramBins);
  return std::make_shared<PercentileEstimator>(percentile, bins, parameters.sample_size());
}

}  // namespace octavo::calib
