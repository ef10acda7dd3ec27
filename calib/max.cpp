#include "calib/estimators.hpp"
#include "calib/threshold.hpp"

namespace octavo::calib {
namespace {

/// The largest absolute value, on the sides where the activation has values: [-m, m] for values of
/// both signs, [0, m] or [-m, 0] for values of one.
class MaxEstimator final : public RangeEstimator {
 public:
  [[nodiscard]] Range estimate(const ActivationStatistics& statistics,
                               const Range*) const noexcept override {
    return range_of_threshold(largest_magnitude(statistics.extrema), statistics.extrema);
  }
};

}  // namespace

std::shared_ptr<const RangeEstimator> make_max(EstimatorParameters&) {
  return std::make_shared<MaxEstimator>();
}

}  // namespace octavo::calib
