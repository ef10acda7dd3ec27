#pragma once

#include <memory>
#include <vector>

#include "kernels/aligned_buffer.hpp"
#include "runtime/ops/gate_activation.hpp"
#include "runtime/ops/matrix_product.hpp"
#include "runtime/ops/operator.hpp"

/// What LSTM, GRU and RNN share. Inputs: X, weights W of X, weights R of the state, biases B,
/// sequence_lens, initial_h, and for LSTM initial_c and peepholes P. Weights and biases must be
/// constants.
namespace octavo::ops {

struct RecurrentShape {
  std::size_t time = 0, batch = 0, input = 0, hidden = 0, directions = 1, gates = 1;
  bool batch_first = false;
  bool first_reversed = false;  ///< whether direction 0 runs backwards

  /// Reads inputs and attributes; throws Error naming the node when they do not fit.
  RecurrentShape(const NodeView& node, std::size_t gates);

  [[nodiscard]] bool reversed(std::size_t direction) const {
    return first_reversed || direction == 1;
  }
  /// Element offsets in X, Y and the states.
  [[nodiscard]] std::size_t row(std::size_t t, std::size_t b) const {
    return batch_first ? b * time + t : t * batch + b;
  }
  [[nodiscard]] std::size_t y(std::size_t t, std::size_t d, std::size_t b) const;
  [[nodiscard]] std::size_t state(std::size_t d, std::size_t b) const;
  [[nodiscard]] Shape y_shape() const;
  [[nodiscard]] Shape state_shape() const;
};

/// Checks and shapes of the whole family; `outputs` is 2 or 3.
void infer_recurrent(InferContext& node, std::size_t gates);

/// Weights [columns, depth] of one direction, packed, with a bias per column.
class PackedGates {
 public:
  PackedGates(const float* weights, const float* bias, std::size_t columns, std::size_t depth);

  /// out[rows, columns] = a[rows, depth] * weights^T + bias.
  void multiply(const kernels::KernelTable& table, const float* a, std::size_t rows,
                float* out) const;
  [[nodiscard]] std::size_t bytes() const { return packed_.bytes() + bias_.bytes(); }

 private:
  std::size_t columns_, depth_;
  kernels::AlignedBuffer<float> packed_, bias_;
};

/// One direction's cell: its weights and its rule.
class RecurrentCell {
 public:
  virtual ~RecurrentCell() = default;

  /// Advances a state by one step. `x` are the gates of the input, W x + Wb; `spare` has room for
  /// spare_size() floats. `c` is the cell state of LSTM.
  virtual void advance(const kernels::KernelTable& table, const float* x, float* h, float* c,
                       float* spare) const = 0;
  [[nodiscard]] virtual std::size_t spare_size() const = 0;
  [[nodiscard]] virtual std::size_t bytes() const = 0;
};

/// The constant weights of one direction, in the order of the file.
struct DirectionWeights {
  std::span<const float> w, r;  ///< [gates * hidden, input] and [gates * hidden, hidden]
  std::vector<float> w_bias, r_bias;

  DirectionWeights(const NodeView& node, const RecurrentShape& shape, std::size_t direction);
};

/// Runs the cells, one per direction, over all steps and samples.
std::unique_ptr<Step> make_recurrent_step(const NodeView& node, const PlanContext& context,
                                          const RecurrentShape& shape,
                                          std::vector<std::unique_ptr<RecurrentCell>> cells);

/// Limits x to [-clip, clip]; no limit where clip is 0.
void clip_gates(float clip, float* x, std::size_t n);

}  // namespace octavo::ops
