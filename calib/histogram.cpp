#include <numeric>

#include "calib/bin_interval.hpp"
#include "calib/estimators.hpp"

namespace octavo::calib {
namespace {

/// Drops the emptier end bin of a signed histogram for as long as the bins that are left hold at
/// least `coverage` of the values. A coverage of 1 keeps the extrema, also where a sample has
/// missed them.
class HistogramEstimator final : public RangeEstimator {
 public:
  HistogramEstimator(std::size_t bins, double coverage) : bins_(bins), coverage_(coverage) {}

  [[nodiscard]] StatisticsRequest needs(Scheme) const override {
    return {.moments = false, .histogram_bins = bins_, .histogram_domain = HistogramDomain::values};
  }

  [[nodiscard]] Range estimate(const ActivationStatistics& statistics,
                               const Range*) const noexcept override {
    const std::span<const std::uint64_t> counts = statistics.histogram.counts;
    const std::uint64_t total = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
    if (total == 0 || coverage_ == 1.0) return unclipped_range(statistics);

    BinInterval kept{0, counts.size()};
    std::uint64_t inside = total;
    // Coverage is above 0, so the last bin that holds values is never dropped.
    for (std::size_t end = kept.emptier_end(counts); covers(inside - counts[end], total);
         end = kept.emptier_end(counts)) {
      inside -= counts[end];
      kept.drop(end);
    }
    return range_of_bins(kept, statistics);
  }

 private:
  /// A division, which rounds 9999 / 10000 to the double nearest 0.9999: just what the user wrote.
  [[nodiscard]] bool covers(std::uint64_t inside, std::uint64_t total) const noexcept {
    return static_cast<double>(inside) / static_cast<double>(total) >= coverage_;
  }

  std::size_t bins_;
  double coverage_;
};

}  // namespace

std::shared_ptr<const RangeEstimator> make_histogram(EstimatorParameters& parameters) {
  const std::size_t bins = parameters.whole_number("bins", 2048, 2, kMaxHistogramBins);
  const double coverage = parameters.number("coverage", 0.9999, 0.0, 1.0);
  return std::make_shared<HistogramEstimator>(bins, coverage);
}

}  // namespace octavo::calib
