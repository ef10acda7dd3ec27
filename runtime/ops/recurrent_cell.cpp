#include "runtime/ops/recurrent_cell.hpp"

#include <algorithm>

#include "runtime/ops/recurrent_weights.hpp"
#include "runtime/ops/scratch.hpp"

namespace octavo::ops {
namespace {

using kernels::BinaryMethod;

/// How many of the columns of R multiply the state as it is: all, but for a GRU that resets it
/// before the candidate's product.
std::size_t multiplied_columns(const NodeView& node, const RecurrentShape& shape) {
  const bool resets_before =
      node.node().op == Op::GRU && node.integer("linear_before_reset", 0) == 0;
  return shape.columns() - (resets_before ? shape.hidden : 0);
}

}  // namespace

RecurrentCell::RecurrentCell(const NodeView& node, const PlanContext& context,
                             const RecurrentShape& shape, std::size_t direction)
    : table_(*context.kernels),
      op_(node.node().op),
      hidden_(shape.hidden),
      columns_(shape.columns()),
      batch_(shape.batch),
      coupled_(node.integer("input_forget", 0) != 0),
      multiplied_(multiplied_columns(node, shape)),
      input_(context, GateWeights(node, shape, direction, kInputWeights, context), 0, columns_,
             shape.rows()),
      state_(context, GateWeights(node, shape, direction, kStateWeights, context), 0, multiplied_,
             batch_),
      operand_(node, context, "the state of " + describe(node.node()), batch_, hidden_),
      functions_(functions_of(node, shape, direction)),
      clip_(clip_of(node)) {
  if (multiplied_ < columns_) {
    candidate_.emplace(context, GateWeights(node, shape, direction, kStateWeights, context),
                       multiplied_, columns_, batch_);
  }
  if (shape.has_cell_state && node.has_input(kPeepholes)) {
    const std::size_t size = 3 * hidden_;
    const auto own = node.constant(kPeepholes)->as<float>().subspan(direction * size, size);
    peepholes_.assign(own.begin(), own.end());
  }
}

std::vector<GateActivation> RecurrentCell::functions_of(const NodeView& node,
                                                        const RecurrentShape& shape,
                                                        std::size_t direction) {
  const auto all = gate_activations(node, shape.directions, shape.functions);
  const std::size_t count = all.size() / shape.directions;
  const auto first = all.begin() + static_cast<std::ptrdiff_t>(direction * count);
  return {first, first + static_cast<std::ptrdiff_t>(count)};
}

float RecurrentCell::clip_of(const NodeView& node) {
  const float clip = node.real("clip", 0.0F);
  if (!(clip >= 0.0F)) node.fail(ErrorCode::invalid_graph, "clip is not positive");
  return clip;
}

std::size_t RecurrentCell::weight_bytes() const {
  return input_.weight_bytes() + state_.weight_bytes() +
         (candidate_ ? candidate_->weight_bytes() : 0) + peepholes_.size() * sizeof(float);
}

RecurrentCell::Scratch RecurrentCell::divide(std::byte* memory) const {
  ScratchDivider scratch(memory);
  Scratch result{};
  result.operand = scratch.take<std::byte>(operand_.scratch_bytes());
  result.gates = scratch.take<float>(batch_ * columns_);
  result.state = scratch.take<float>(batch_ * hidden_);
  result.bytes = scratch.bytes();
  return result;
}

void RecurrentCell::multiply(const GateProduct& product, const float* state, std::size_t count,
                             InputRange& range, const Scratch& scratch, std::size_t begin,
                             Workers& workers) {
  const GateRows rows = operand_.rows_of({state, count, nullptr, range}, scratch.operand, workers);
  product.multiply(rows, scratch.gates + begin, columns_, workers);
}

void RecurrentCell::advance(const RecurrentRows& rows, Workers& workers) {
  const Scratch scratch = divide(rows.scratch);
  multiply(state_, rows.h, rows.count, state_range_, scratch, 0, workers);
  const std::size_t summed = op_ == Op::GRU ? 2 * hidden_ : columns_;
  for (std::size_t row = 0; row < rows.count; ++row) {
    float* const gates = scratch.gates + row * columns_;
    combine(BinaryMethod::add, gates, rows.x[row], summed, gates);
    if (op_ == Op::GRU) apply(0, gates, summed);
  }
  if (candidate_) multiply_reset_states(rows, scratch, workers);
  for (std::size_t row = 0; row < rows.count; ++row) {
    float* const gates = scratch.gates + row * columns_;
    float* const h = rows.h + row * hidden_;
    if (op_ == Op::GRU) {
      finish_gru(rows.x[row], gates, h);
    } else if (op_ == Op::RNN) {
      apply(0, gates, hidden_);
      std::copy_n(gates, hidden_, h);
    } else {
      finish_lstm(gates, h, rows.c + row * hidden_);
    }
  }
}

void RecurrentCell::multiply_reset_states(const RecurrentRows& rows, const Scratch& scratch,
                                          Workers& workers) {
  for (std::size_t row = 0; row < rows.count; ++row) {
    const float* const reset = scratch.gates + row * columns_ + hidden_;
    const std::size_t state = row * hidden_;
    combine(BinaryMethod::multiply, reset, rows.h + state, hidden_, scratch.state + state);
  }
  multiply(*candidate_, scratch.state, rows.count, reset_range_, scratch, multiplied_, workers);
}

void RecurrentCell::finish_gru(const float* x, float* gates, float* h) const {
  float* const update = gates;
  const float* const reset = update + hidden_;
  float* const candidate = gates + 2 * hidden_;
  if (!candidate_) combine(BinaryMethod::multiply, reset, candidate, hidden_, candidate);
  combine(BinaryMethod::add, candidate, x + 2 * hidden_, hidden_, candidate);
  apply(1, candidate, hidden_);
  // h = (1 - update) * candidate + update * h
  combine(BinaryMethod::multiply, update, h, hidden_, h);
  const float one = 1.0F;
  table_.binary(BinaryMethod::subtract, &one, 0, update, 1, hidden_, update);
  combine(BinaryMethod::multiply, update, candidate, hidden_, candidate);
  combine(BinaryMethod::add, candidate, h, hidden_, h);
}

void RecurrentCell::finish_lstm(float* gates, float* h, float* c) const {
  float* const in = gates;
  float* const out = in + hidden_;
  float* const forget = out + hidden_;
  float* const cell = forget + hidden_;
  if (peepholes_.empty()) {
    apply(0, gates, 3 * hidden_);
  } else {
    add_peephole(0, c, in);
    add_peephole(2, c, forget);
    apply(0, in, hidden_);
    apply(0, forget, hidden_);
  }
  apply(1, cell, hidden_);
  const float one = 1.0F;
  if (coupled_) table_.binary(BinaryMethod::subtract, &one, 0, in, 1, hidden_, forget);
  // c = forget * c + in * cell
  combine(BinaryMethod::multiply, forget, c, hidden_, c);
  combine(BinaryMethod::multiply, in, cell, hidden_, cell);
  combine(BinaryMethod::add, c, cell, hidden_, c);
  if (!peepholes_.empty()) {
    add_peephole(1, c, out);
    apply(0, out, hidden_);
  }
  std::copy_n(c, hidden_, h);
  functions_[2].apply(table_, h, hidden_);
  combine(BinaryMethod::multiply, h, out, hidden_, h);
}

void RecurrentCell::add_peephole(std::size_t which, const float* c, float* gate) const {
  const float* const weights = peepholes_.data() + which * hidden_;
  for (std::size_t i = 0; i < hidden_; ++i) gate[i] += weights[i] * c[i];
}

void RecurrentCell::apply(std::size_t function, float* x, std::size_t n) const {
  if (clip_ != 0.0F) {
    table_.unary(kernels::UnaryMethod::clamp, -clip_, clip_, x, n, x);
  }
  functions_[function].apply(table_, x, n);
}

}  // namespace octavo::ops
