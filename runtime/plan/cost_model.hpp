#pragma once

#include "octavo/session.hpp"

#include "runtime/ops/operator.hpp"

namespace octavo {

/// The precision that a quantizable product in channels-last order is expected to be faster in,
/// where nothing was measured. It compares what int8 saves of the multiplications with what range
/// and quantization of the input cost; docs/tuning.md gives the figures. It depends on shapes
/// alone, so that every machine decides alike.
Precision expected_precision(const NodeView& node);

}  // namespace octavo
