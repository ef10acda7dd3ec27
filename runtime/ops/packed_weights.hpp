#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "kernels/packing.hpp"
#include "kernels/winograd.hpp"
#include "runtime/ops/operator.hpp"

/// The weights of products as their kernels read them, by way of PlanContext::weights: steps that
/// need the same share them. Float weights become int8 here, by the context's WeightQuantization,
/// where an int8 form is asked for; int8 weights become scale * value where floats are.
namespace octavo::ops {

struct GateWeights;

/// In the form that was asked for; the others are empty.
struct PackedWeights {
  std::vector<kernels::PackedFloat> floats;  ///< one product per group
  std::vector<kernels::PackedInt8> int8;     ///< likewise
  std::optional<kernels::PackedWinograd> winograd;
  std::optional<kernels::PackedFloatWinograd> float_winograd;
  kernels::AlignedBuffer<float> depthwise;  ///< [taps][channels]
  kernels::QuantizedWeights quantized;      ///< what the int8 forms are packed from
  /// Of int8 forms: of all columns, and of a panel more, which kernels may read.
  std::vector<float> scales;

  /// But for the scales.
  [[nodiscard]] std::size_t bytes() const;
};

using SharedWeights = std::shared_ptr<const PackedWeights>;

/// `group` is the shape that the kernels see each group's weights in.
SharedWeights float_weights(const NodeView& node, const PlanContext& context,
                            const kernels::WeightShape& group);
SharedWeights int8_weights(const NodeView& node, const PlanContext& context,
                           const kernels::WeightShape& group);

/// Of convolutions that suit Winograd's algorithm. Nothing where no size of tiles is exact for the
/// int8 weights.
SharedWeights winograd_weights(const NodeView& node, const PlanContext& context);
SharedWeights float_winograd_weights(const NodeView& node, const PlanContext& context);

SharedWeights depthwise_weights(const NodeView& node, const PlanContext& context);

/// Columns [begin, end) of a product of a recurrent layer.
SharedWeights gate_weights(const GateWeights& weights, std::size_t begin, std::size_t end,
                           const PlanContext& context);

/// While somebody holds these, all int8 forms of a Conv or Linear are packed from them. Null for
/// other nodes.
SharedWeights quantized_weights(const NodeView& node, const PlanContext& context);

/// The float weights of a recurrent layer, kInputWeights or kStateWeights, in int8.
SharedWeights quantized_gates(const NodeView& node, std::size_t weights,
                              const PlanContext& context);

}  // namespace octavo::ops
