#pragma once

#include <memory>

#include "octavo/range_estimator.hpp"

#include "calib/estimator_parameters.hpp"

/// The factories of the built-in estimators, listed in calib/estimators.def.
namespace octavo::calib {

/// Reads the estimator's parameters and builds it. Throws Error{invalid_argument} for a bad value.
using EstimatorFactory = std::shared_ptr<const RangeEstimator>(EstimatorParameters&);

#define OCTAVO_ESTIMATOR(name, factory) EstimatorFactory factory;
#include "calib/estimators.def"
#undef OCTAVO_ESTIMATOR

}  // namespace octavo::calib
