#include "octavo/range_estimator.hpp"

namespace octavo {

RangeEstimator::~RangeEstimator() = default;

std::string_view RangeEstimator::name() const noexcept {
  return "custom";
}

StatisticsRequest RangeEstimator::needs(Scheme) const {
  return {};
}

}  // namespace octavo
