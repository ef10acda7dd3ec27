#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "runtime/ops/gate_activation.hpp"
#include "runtime/ops/gate_product.hpp"
#include "runtime/ops/recurrent.hpp"

namespace octavo::ops {

/// The samples of a batch that advance by one step.
struct RecurrentRows {
  std::size_t count;
  const float* const* x;  ///< for each, the gates of its input: W x + Wb
  float* h;               ///< [count][hidden]
  float* c;               ///< [count][hidden], the cell states of LSTM
  std::byte* scratch;     ///< scratch_bytes()
};

/// One direction of a recurrent layer: its weights and its rule.
/// LSTM: Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997, with peepholes (Gers and
/// Schmidhuber, 2000); gates input, output, forget, cell. GRU: Cho et al., "Learning Phrase
/// Representations using RNN Encoder-Decoder", 2014; gates update, reset, candidate. RNN:
/// h = f(W x + R h + b).
class RecurrentCell {
 public:
  RecurrentCell(const NodeView& node, const PlanContext& context, const RecurrentShape& shape,
                std::size_t direction);

  /// The product of X.
  [[nodiscard]] const GateProduct& input() const { return input_; }
  /// Replaces the states by those of the next step.
  void advance(const RecurrentRows& rows, Workers& workers);
  /// Forgets the ranges of the states that it has met.
  void forget_ranges() { state_range_ = reset_range_ = {}; }

  [[nodiscard]] std::size_t scratch_bytes() const { return divide(nullptr).bytes; }
  [[nodiscard]] std::size_t weight_bytes() const;

  /// The functions of one direction.
  static std::vector<GateActivation> functions_of(const NodeView& node, const RecurrentShape& shape,
                                                  std::size_t direction);
  static float clip_of(const NodeView& node);

 private:
  struct Scratch {
    std::byte* operand;  ///< of the operand
    float* gates;        ///< [rows][columns]
    float* state;        ///< [rows][hidden], for a product that is not of h
    std::size_t bytes;   ///< of all
  };

  [[nodiscard]] Scratch divide(std::byte* memory) const;
  /// Columns of R from 0 or `begin` on by rows of the state.
  void multiply(const GateProduct& product, const float* state, std::size_t count,
                InputRange& range, const Scratch& scratch, std::size_t begin, Workers& workers);
  void multiply_reset_states(const RecurrentRows& rows, const Scratch& scratch, Workers& workers);
  /// `gates` are those of the state and of the input.
  void finish_lstm(float* gates, float* h, float* c) const;
  void finish_gru(const float* x, float* gates, float* h) const;

  /// out = a `method` b, element by element.
  void combine(kernels::BinaryMethod method, const float* a, const float* b, std::size_t n,
               float* out) const {
    table_.binary(method, a, 1, b, 1, n, out);
  }
  void add_peephole(std::size_t which, const float* c, float* gate) const;
  /// One of the functions on gates that are clipped before.
  void apply(std::size_t function, float* x, std::size_t n) const;

  const kernels::KernelTable& table_;
  Op op_;
  std::size_t hidden_, columns_, batch_;
  bool coupled_;                          ///< LSTM: the forget gate is 1 - the input gate
  std::size_t multiplied_;                ///< columns of R that multiply the state as it is
  GateProduct input_, state_;             ///< W; those columns of R
  std::optional<GateProduct> candidate_;  ///< GRU: the others, for states that were reset
  GateOperand operand_;
  InputRange state_range_, reset_range_;
  std::vector<GateActivation> functions_;
  float clip_;
  std::vector<float> peepholes_;  ///< [3][hidden], or empty
};

}  // namespace octavo::ops
