#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <span>

#include "calib/bin_interval.hpp"
#include "calib/estimators.hpp"
#include "calib/zero_bin.hpp"

namespace octavo::calib {
namespace {

/// Candidates on each side, when there are two sides or one.
constexpr std::size_t kPairedSteps = 128;
constexpr std::size_t kSingleSteps = 1024;

/// What clipping ever more bins at one end costs; the first candidate clips none. Lengths are in
/// bins.
struct ClippedEnd {
  std::size_t size = 0;
  std::array<double, kSingleSteps + 1> error;   ///< sum of squared distances to the new end
  std::array<double, kSingleSteps + 1> values;  ///< that are clipped

  void add(double squares, double count) noexcept {
    error[size] = squares;
    values[size++] = count;
  }
};

/// `count(i)` is that of bin i from the end; at most `limit` bins are clipped, `step` at a time,
/// and no more once the error is above `most`. The values of a bin are taken as evenly spread over
/// it.
template <class Count>
void clip(ClippedEnd& end, std::size_t limit, std::size_t step, double most,
          const Count& count) noexcept {
  double values = 0.0;
  double distances = 0.0;
  double squares = 0.0;
  end.add(squares, values);
  for (std::size_t i = 0; i < limit && squares <= most; ++i) {
    // All that was clipped moves one bin away; the bin's own values lie 0 to 1 from the new end.
    const double own = static_cast<double>(count(i));
    squares += 2.0 * distances + values + own / 3.0;
    distances += values + own / 2.0;
    values += own;
    if ((i + 1) % step == 0) end.add(squares, values);
  }
}

/// The range with the least mean squared error of quantization over the histogram. Values inside
/// differ from their level by step^2 / 12 in the mean (B. Widrow, "A Study of Rough Amplitude
/// Quantization by Means of Nyquist Sampling Theory", 1956), zeros not at all; values outside by
/// their distance from the end. As a criterion for the range: W. Sung, S. Shin and K. Hwang,
/// "Resiliency of Deep Neural Networks under Quantization", 2015. The candidates are all pairs of
/// ends in steps of 1/128 of the extent, or single ends in steps of 1/1024 where the other one is
/// zero or all values have one sign; "no clipping" is the first.
class MseEstimator final : public RangeEstimator {
 public:
  MseEstimator(std::size_t bins, std::size_t sample_size)
      : bins_(bins), sample_size_(sample_size) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "mse"; }

  [[nodiscard]] StatisticsRequest needs(Scheme scheme) const override {
    return {.histogram_bins = bins_,
            .histogram_domain = domain_of(scheme),
            .sample_size = sample_size_};
  }

  [[nodiscard]] Range estimate(const ActivationStatistics& statistics,
                               const Range*) const noexcept override {
    const std::size_t bins = statistics.histogram.counts.size();
    if (bins < 2 || bins > kMaxHistogramBins) return unclipped_range(statistics);
    const double levels = statistics.scheme == Scheme::symmetric ? 127.0 : 255.0;
    return range_of_bins(least_error(statistics.histogram, levels), statistics);
  }

 private:
  static BinInterval least_error(const HistogramView& histogram, double levels) noexcept {
    const std::size_t bins = histogram.counts.size();
    const std::size_t zero_bin = bin_of_zero(histogram);
    const auto count = [&](std::size_t i) { return count_without_zeros(histogram, zero_bin, i); };
    // Where zero is, in bins from the lower end. It is never clipped.
    const double width =
        (static_cast<double>(histogram.high) - static_cast<double>(histogram.low)) /
        static_cast<double>(bins);
    if (!(width > 0.0)) return {0, bins};
    const double zero = -static_cast<double>(histogram.low) / width;
    const auto below =
        static_cast<std::size_t>(std::clamp(std::floor(zero), 0.0, static_cast<double>(bins)));
    const auto above = bins - static_cast<std::size_t>(
                                  std::clamp(std::ceil(zero), 0.0, static_cast<double>(bins)));
    const std::size_t steps = below == 0 || above == 0 ? kSingleSteps : kPairedSteps;
    const std::size_t step = (bins + steps - 1) / steps;
    const std::span<const std::uint64_t> counts = histogram.counts;
    const double total =
        static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}) -
                            counts[zero_bin] + count(zero_bin));
    // The squared error of a value inside.
    const auto rounding = [&](BinInterval kept) {
      const double quantum = (std::max(static_cast<double>(kept.last), zero) -
                              std::min(static_cast<double>(kept.first), zero)) /
                             levels;
      return quantum * quantum / 12.0;
    };
    const double unclipped = total * rounding({0, bins});
    ClippedEnd low;
    ClippedEnd high;
    clip(low, below, step, unclipped, [&](std::size_t i) { return count(i); });
    clip(high, above, step, unclipped, [&](std::size_t i) { return count(bins - 1 - i); });

    BinInterval best{0, bins};
    double least = HUGE_VAL;
    for (std::size_t l = 0; l < low.size; ++l) {
      for (std::size_t h = 0; h < high.size && low.error[l] + high.error[h] < least; ++h) {
        const BinInterval kept{l * step, bins - h * step};
        const double inside = total - low.values[l] - high.values[h];
        const double error = inside * rounding(kept) + (low.error[l] + high.error[h]);
        if (error < least && kept.first < kept.last) {
          least = error;
          best = kept;
        }
      }
    }
    return best;
  }

  std::size_t bins_;
  std::size_t sample_size_;
};

}  // namespace

std::shared_ptr<const RangeEstimator> make_mse(EstimatorParameters& parameters) {
  const std::size_t bins = parameters.whole_number("bins", 512, 2, kMaxHistogramBins);
  return std::make_shared<MseEstimator>(bins, parameters.sample_size());
}

}  // namespace octavo::calib
