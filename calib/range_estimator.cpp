#include "octavo/range_estimator.hpp"

namespace octavo {

RangeEstimator::~RangeEstimator() = default;

StatisticsRequest RangeEstimator::needs(Scheme) const {
  return {};
}

}  // namespace octavo
