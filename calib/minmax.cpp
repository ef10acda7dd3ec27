#include "calib/estimators.hpp"

namespace octavo::calib {
namespace {

/// The smallest and the largest value.
class MinMaxEstimator final : public RangeEstimator {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "minmax"; }

  [[nodiscard]] Range estimate(const ActivationStatistics& statistics,
                               const Range*) const noexcept override {
    return statistics.extrema;
  }
};

}  // namespace

std::shared_ptr<const RangeEstimator> make_minmax(EstimatorParameters&) {
  return std::make_shared<MinMaxEstimator>();
}

}  // namespace octavo::calib
