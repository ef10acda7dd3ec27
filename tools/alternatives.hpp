#pragma once

#include <span>
#include <string>

#include "octavo/tuning.hpp"

namespace octavo::tools {

double microseconds(const MethodTime& time);

/// The methods that Precision::automatic measured and did not choose, with their times in
/// microseconds: "float32 2839, int8 1204"; "-" where there are none.
std::string alternatives(std::span<const MethodTime> measured);

}  // namespace octavo::tools
