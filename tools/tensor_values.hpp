#pragma once

#include <vector>

#include "octavo/tensor.hpp"

#include "tools/npy.hpp"

namespace octavo::tools {

/// The elements of a tensor or an array as double; empty for float16, which C++20 has no type for.
std::vector<double> values_of(const TensorView& tensor);
std::vector<double> values_of(const Npy& array);

}  // namespace octavo::tools
