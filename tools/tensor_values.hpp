#pragma once

#include <vector>

#include "octavo/tensor.hpp"

namespace octavo::tools {

/// A tensor's elements as double; empty for float16, which C++20 has no type for.
std::vector<double> values_of(const TensorView& tensor);

}  // namespace octavo::tools
