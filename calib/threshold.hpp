#pragma once

#include <algorithm>
#include <cmath>

#include "octavo/range.hpp"

namespace octavo::calib {

/// The largest absolute value of an activation.
inline float largest_magnitude(Range extrema) noexcept {
  return std::max(std::abs(extrema.low), std::abs(extrema.high));
}

/// The range that reaches `threshold` (>= 0) on the sides where the activation has values.
inline Range range_of_threshold(float threshold, Range extrema) noexcept {
  return {extrema.low < 0.0F ? -threshold : 0.0F, extrema.high > 0.0F ? threshold : 0.0F};
}

}  // namespace octavo::calib
