#pragma once

#include <cstddef>
#include <vector>

#include "runtime/graph/graph.hpp"

namespace octavo::passes {

/// Reads a float constant that broadcasts along axis `axis`, which has `columns` elements, of a
/// result of rank `rank` and along no other: one element per column. False if it does not.
bool read_columns(const Tensor& constant, std::size_t columns, std::size_t rank, std::size_t axis,
                  std::vector<float>& result);

}  // namespace octavo::passes
