#include <numeric>

#include "calib/bin_interval.hpp"
#include "calib/estimators.hpp"

namespace octavo::calib {
namespace {

/// Two pointers at the ends of a signed histogram: while the share of the values between them is
/// above `coverage`, the end bin that holds fewer values is dropped. The last bin stays. A coverage
/// of 1 keeps the extrema.
class HistogramEstimator final : public RangeEstimator {
 public:
  HistogramEstimator(std::size_t bins, double coverage, std::size_t sample_size)
      : bins_(bins), coverage_(coverage), sample_size_(sample_size) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "histogram"; }

  [[nodiscard]] StatisticsRequest needs(Scheme) const override {
    // The bin in which the pointers stop is cut off, so that narrow ones cut off less.
    return {.histogram_bins = bins_, .sample_size = sample_size_, .values_per_bin = 2};
  }

  [[nodiscard]] Range estimate(const ActivationStatistics& statistics,
                               const Range*) const noexcept override {
    const std::span<const std::uint64_t> counts = statistics.histogram.counts;
    const std::uint64_t total = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
    if (total == 0 || coverage_ == 1.0) return unclipped_range(statistics);

    BinInterval kept{0, counts.size()};
    for (std::uint64_t inside = total; kept.size() > 1 && is_above_coverage(inside, total);) {
      const std::size_t end = kept.emptier_end(counts);
      inside -= counts[end];
      kept.drop(end);
    }
    return range_of_bins(kept, statistics);
  }

 private:
  /// A division, which rounds 9999 / 10000 to the double nearest 0.9999: just what the user wrote.
  [[nodiscard]] bool is_above_coverage(std::uint64_t inside, std::uint64_t total) const noexcept {
    return static_cast<double>(inside) / static_cast<double>(total) > coverage_;
  }

  std::size_t bins_;
  double coverage_;
  std::size_t sample_size_;
};

}  // namespace

std::shared_ptr<const RangeEstimator> make_histogram(EstimatorParameters& parameters) {
  const std::size_t bins = parameters.whole_number("bins", 1024, 2, kMaxHistogramBins);
  const double coverage = parameters.number("coverage", 0.9999, 0.0, 1.0);
  return std::make_shared<HistogramEstimator>(bins, coverage, parameters.sample_size());
}

}  // namespace octavo::calib
