#pragma once

#include <span>
#include <string>

#include "tests/conformance/cases.hpp"

namespace octavo::test {

/// docs/operators.md: every operator of ONNX that Octavo translates, and what became of the cases.
std::string operators_document(std::span<const Case> cases, std::span<const Outcome> outcomes);

}  // namespace octavo::test
