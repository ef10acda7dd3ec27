#include "calib/estimators.hpp"
#include "calib/threshold.hpp"

namespace octavo::calib {
namespace {

/// Clips nothing. Symmetric: the largest absolute value, on the sides where the activation has
/// values; asymmetric: the smallest and the largest value.
class MaxEstimator final : public RangeEstimator {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "max"; }

  [[nodiscard]] Range estimate(const ActivationStatistics& statistics,
                               const Range*) const noexcept override {
    if (statistics.scheme == Scheme::asymmetric) return statistics.extrema;
    return range_of_threshold(largest_magnitude(statistics.extrema), statistics.extrema);
  }
};

}  // namespace

std::shared_ptr<const RangeEstimator> make_max(EstimatorParameters&) {
  return std::make_shared<MaxEstimator>();
}

}  // namespace octavo::calib
