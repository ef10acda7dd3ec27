#pragma once

#include "runtime/ops/operator.hpp"

/// Every operator's description is a function named after it, in the file of its family:
/// `const Operator& Relu_operator();` for `OCTAVO_OP(Relu)`.
namespace octavo::ops {

#define OCTAVO_OP(name) const Operator& name##_operator();
#include "runtime/ops/ops.def"
#undef OCTAVO_OP

}  // namespace octavo::ops
