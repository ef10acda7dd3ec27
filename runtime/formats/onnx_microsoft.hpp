#pragma once

#include <string_view>

#include "runtime/formats/onnx_opset.hpp"

namespace octavo::formats {

/// The rule for an operator of ONNX Runtime's domain com.microsoft, in any version of it; null for
/// one that Octavo does not have. What they compute: ContribOperators.md of ONNX Runtime.
const OpsetRule* find_microsoft_rule(std::string_view op_type);

}  // namespace octavo::formats
