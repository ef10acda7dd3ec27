#pragma once

#include <string>

#include "octavo/octavo.hpp"

#include "runtime/graph/graph.hpp"

namespace octavo::test {

/// How `found` differs from `expected`; empty when it does not. Real numbers may differ by
/// 1e-4 + 1e-3 * |expected|, NaN agrees with NaN; integers and booleans are compared exactly.
std::string compare(const TensorView& found, const Tensor& expected);

}  // namespace octavo::test
