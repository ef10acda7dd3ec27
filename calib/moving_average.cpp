#include "calib/bin_interval.hpp"
#include "calib/estimators.hpp"

namespace octavo::calib {
namespace {

/// The exponential moving average of the extrema over batches, after B. Jacob et al., "Quantization
/// and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", CVPR 2018,
/// section 3.1. `rate` is the weight of the newest batch; the first one counts in full.
class MovingAverageEstimator final : public RangeEstimator {
 public:
  explicit MovingAverageEstimator(double rate) : rate_(rate) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "moving_average"; }

  [[nodiscard]] StatisticsRequest needs(Scheme) const override { return {.each_batch = true}; }

  [[nodiscard]] Range estimate(const ActivationStatistics& statistics,
                               const Range* previous) const noexcept override {
    const Range now = unclipped_range(statistics);
    if (previous == nullptr) return now;
    return {blend(previous->low, now.low), blend(previous->high, now.high)};
  }

 private:
  [[nodiscard]] float blend(float before, float now) const noexcept {
    return static_cast<float>((1.0 - rate_) * static_cast<double>(before) +
                              rate_ * static_cast<double>(now));
  }

  double rate_;
};

}  // namespace

std::shared_ptr<const RangeEstimator> make_moving_average(EstimatorParameters& parameters) {
  return std::make_shared<MovingAverageEstimator>(parameters.number("rate", 0.1, 0.0, 1.0));
}

}  // namespace octavo::calib
