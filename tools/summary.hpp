#pragma once

#include <ostream>

#include "octavo/tensor.hpp"

namespace octavo::tools {

/// Prints what a tensor holds: name, type, shape; smallest, largest and mean value; where the
/// largest one is if the tensor is a vector (only the last dimension above 1); the first values.
void print_summary(std::ostream& out, const TensorView& tensor);

}  // namespace octavo::tools
