#pragma once

#include <cstddef>
#include <string_view>

#include "runtime/ops/operator.hpp"

/// What LSTM, GRU and RNN share. Inputs: X, weights W of X, weights R of the state, biases B,
/// sequence_lens, initial_h, and for LSTM initial_c and peepholes P. Weights and biases must be
/// constants (runtime/ops/recurrent_weights.hpp).
namespace octavo::ops {

struct RecurrentShape {
  std::size_t time = 0, batch = 0, input = 0, hidden = 0, directions = 1, gates = 1;
  bool batch_first = false;
  bool first_reversed = false;  ///< whether direction 0 runs backwards
  bool has_cell_state = false;
  std::string_view functions;  ///< of the gates of one direction, if the node names none

  /// Reads inputs and attributes; throws Error naming the node when they do not fit.
  explicit RecurrentShape(const NodeView& node);

  [[nodiscard]] bool reversed(std::size_t direction) const {
    return first_reversed || direction == 1;
  }
  /// Columns of a product: all gates of one direction.
  [[nodiscard]] std::size_t columns() const { return gates * hidden; }
  [[nodiscard]] std::size_t rows() const { return time * batch; }
  /// Element offsets in X, Y and the states.
  [[nodiscard]] std::size_t row(std::size_t t, std::size_t b) const {
    return batch_first ? b * time + t : t * batch + b;
  }
  [[nodiscard]] std::size_t y(std::size_t t, std::size_t d, std::size_t b) const;
  [[nodiscard]] std::size_t state(std::size_t d, std::size_t b) const;
  [[nodiscard]] Shape y_shape() const;
  [[nodiscard]] Shape state_shape() const;
};

/// Checks the type and the shape of an input.
void require_shape(const NodeView& node, std::size_t index, DataType type, const Shape& shape);

}  // namespace octavo::ops
