#pragma once

#include <cstddef>

#include "octavo/model.hpp"

#include "kernels/packing.hpp"
#include "runtime/ops/operator.hpp"

/// Float weights in int8, fitted to chains (kernels/packing.hpp).
namespace octavo::ops {

/// Throws Error{invalid_argument} for options out of their range.
void check(const WeightQuantization& options);

/// What fitting weights of this shape to chains may cost, by these options. `winograd`: whether
/// they are those of a node that suits_winograd.
WeightQuantization chain_options(const kernels::WeightShape& shape, bool winograd,
                                 const WeightQuantization& options);

/// The weights of a Conv or Linear, in the order of the kernels; `chain` is from chain_options.
/// Throws Error{non_finite} for weights that hold NaN or infinity.
kernels::QuantizedWeights quantize(const NodeView& node, const kernels::FloatKernels& kernels,
                                   const WeightQuantization& chain);

/// The same of a recurrent layer, for its kInputWeights or kStateWeights; all directions share the
/// length of chains.
kernels::QuantizedWeights quantize_gates(const NodeView& node, std::size_t weights,
                                         const kernels::FloatKernels& kernels,
                                         const WeightQuantization& options);

}  // namespace octavo::ops
