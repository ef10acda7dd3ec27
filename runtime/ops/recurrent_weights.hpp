#pragma once

#include <cstdint>
#include <vector>

#include "kernels/packing.hpp"
#include "runtime/ops/operator.hpp"
#include "runtime/ops/recurrent.hpp"

/// The weights of LSTM, GRU and RNN. The constants W [directions, gates * hidden, input] and
/// R [directions, gates * hidden, hidden] are floats, or int8 with a scale for each of their rows
/// in two further inputs. DynamicQuantizeLSTM has both as [directions, depth, gates * hidden] of
/// 8-bit levels, with scales and zero points for each direction or for each of its columns.
namespace octavo::ops {

/// Inputs of all recurrent layers, those of LSTM last. What follows are scales.
inline constexpr std::size_t kInputWeights = 1;
inline constexpr std::size_t kStateWeights = 2;
inline constexpr std::size_t kBiases = 3;
inline constexpr std::size_t kSequenceLengths = 4;
inline constexpr std::size_t kInitialH = 5;
inline constexpr std::size_t kInitialC = 6;
inline constexpr std::size_t kPeepholes = 7;

/// Whether an operator is LSTM, GRU or RNN.
bool is_recurrent(Op op);

/// Whether a recurrent layer multiplies in int8.
bool multiplies_int8(const NodeView& node, const PlanContext& context);

/// Multiply-accumulates of a run over all steps.
std::uint64_t recurrent_macs(const NodeView& node);

/// Where the scales of these weights (kInputWeights or kStateWeights) are among the inputs.
std::size_t scale_of_weights(Op op, std::size_t weights);

/// Checks types, shapes and values of the weights, scales and zero points.
void check_recurrent_weights(const NodeView& node, const RecurrentShape& shape);

/// The weights of a product of one direction, a column for each gate of each hidden element.
struct GateWeights {
  kernels::WeightShape shape;
  std::vector<float> floats;          ///< in the order of `shape`; or else:
  std::vector<std::int8_t> integers;  ///< in the order of `shape`
  std::vector<float> scales;          ///< of integers, by column
  std::vector<float> biases;          ///< by column

  /// `weights` is kInputWeights or kStateWeights. Integers that are not to be multiplied as such
  /// become floats.
  GateWeights(const NodeView& node, const RecurrentShape& shape, std::size_t direction,
              std::size_t weights, const PlanContext& context);
};

}  // namespace octavo::ops
