#include <algorithm>

#include "calib/clipped_distribution.hpp"
#include "calib/estimators.hpp"

namespace octavo::calib {
namespace {

/// Narrower ranges must be better by more than rounding, so that ties go to the widest.
constexpr double kRounding = 1e-9;

/// Candidate ranges are this part of the histogram apart (one level of the widest symmetric range),
/// and at least so many bins.
constexpr std::size_t kSteps = 128;
constexpr std::size_t kLeastStep = 16;

/// An automatic sample fills its bins so well: counts of a few values differ by chance, which draws
/// the range inwards.
constexpr std::size_t kValuesPerBin = 16;

/// The range whose quantized distribution is nearest to the activation's in Kullback-Leibler
/// divergence (calib/clipped_distribution.hpp). "No clipping" is the first candidate, one bin for
/// each level the last. Symmetric: thresholds on |x|, with 128 levels. Asymmetric: 256 levels, and
/// the end that holds fewer values moves inwards.
class EntropyEstimator final : public RangeEstimator {
 public:
  EntropyEstimator(std::size_t bins, std::size_t sample_size)
      : bins_(bins), sample_size_(sample_size) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "entropy"; }

  [[nodiscard]] StatisticsRequest needs(Scheme scheme) const override {
    return {.histogram_bins = bins_,
            .histogram_domain = domain_of(scheme),
            .sample_size = sample_size_,
            .values_per_bin = kValuesPerBin};
  }

  [[nodiscard]] Range estimate(const ActivationStatistics& statistics,
                               const Range*) const noexcept override {
    const HistogramView& histogram = statistics.histogram;
    const std::size_t levels = statistics.scheme == Scheme::symmetric ? 128 : 256;
    const std::size_t bins = histogram.counts.size();
    if (bins <= levels || bins > kMaxHistogramBins) return unclipped_range(statistics);
    return range_of_bins(nearest(histogram, levels), statistics);
  }

 private:
  static BinInterval nearest(const HistogramView& histogram, std::size_t levels) noexcept {
    const std::size_t step = std::max(kLeastStep, histogram.counts.size() / kSteps);
    ClippedDistribution distribution(histogram);
    BinInterval best = distribution.kept();
    double least = distribution.divergence(levels);
    while (distribution.kept().size() >= levels + step) {
      for (std::size_t i = 0; i < step; ++i) distribution.narrow();
      if (distribution.clipping_divergence(levels) >= least) continue;
      const double divergence = distribution.divergence(levels);
      if (divergence < least - kRounding) {
        least = divergence;
        best = distribution.kept();
      }
    }
    return best;
  }

  std::size_t bins_;
  std::size_t sample_size_;
};

}  // namespace

std::shared_ptr<const RangeEstimator> make_entropy(EstimatorParameters& parameters) {
  const std::size_t bins = parameters.whole_number("bins", 2048, 256, kMaxHistogramBins);
  return std::make_shared<EntropyEstimator>(bins, parameters.sample_size());
}

}  // namespace octavo::calib
