#include "runtime/ops/recurrent.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <memory>
#include <vector>

#include "runtime/concat.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/gate_product.hpp"
#include "runtime/ops/recurrent_cell.hpp"
#include "runtime/ops/recurrent_weights.hpp"
#include "runtime/ops/scratch.hpp"

namespace octavo::ops {
namespace {

std::int64_t to_extent(std::size_t value) {
  return static_cast<std::int64_t>(value);
}

/// Whether a step is given an input, which may be left out.
bool is_given(const StepMemory& memory, std::size_t index) {
  return index < memory.inputs.size() && memory.inputs[index] != nullptr;
}

float* output(const StepMemory& memory, std::size_t index) {
  return index < memory.outputs.size() ? memory.output<float>(index) : nullptr;
}

/// The int8 weights that those of all directions are parts of, made once while these are held.
std::array<SharedWeights, 2> quantized_weights_of_all(const NodeView& node,
                                                      const PlanContext& context) {
  if (!multiplies_int8(node, context)) return {};
  if (node.input(kInputWeights).type != DataType::float32) return {};
  return {quantized_gates(node, kInputWeights, context),
          quantized_gates(node, kStateWeights, context)};
}

class RecurrentStep final : public Step {
 public:
  RecurrentStep(const NodeView& node, const PlanContext& context)
      : shape_(node), x_(node, context, shape_.rows(), shape_.input) {
    const auto held = quantized_weights_of_all(node, context);
    for (std::size_t d = 0; d < shape_.directions; ++d) {
      cells_.push_back(std::make_unique<RecurrentCell>(node, context, shape_, d));
    }
  }

  void run(const StepMemory& memory, Workers& workers) override {
    const Scratch scratch = divide(memory.scratch);
    InputRange unobserved;
    InputRange& record = memory.input_range != nullptr ? *memory.input_range : unobserved;
    const GateRows x = x_.rows_of(
        {memory.input<float>(0), shape_.rows(), &memory.input_extrema, record}, scratch.x, workers);
    for (std::size_t d = 0; d < shape_.directions; ++d) {
      cells_[d]->input().multiply(x, scratch.gates, shape_.columns(), workers);
      run_direction(memory, scratch, d, workers);
      if (memory.input_range == nullptr) cells_[d]->forget_ranges();  // it is only timed
    }
  }

  [[nodiscard]] std::size_t scratch_bytes() const override { return divide(nullptr).bytes; }
  [[nodiscard]] bool takes_extrema() const override { return x_.takes_extrema(); }
  [[nodiscard]] std::size_t weight_bytes() const override {
    std::size_t bytes = 0;
    for (const auto& cell : cells_) bytes += cell->weight_bytes();
    return bytes;
  }
  [[nodiscard]] Precision precision() const override {
    return cells_[0]->input().is_int8() ? Precision::int8 : Precision::float32;
  }
  [[nodiscard]] std::string kernel() const override { return cells_[0]->input().kernel(); }

 private:
  struct Scratch {
    std::byte* x;          ///< of the operand X
    float* gates;          ///< [rows of X][columns]
    float *h, *c;          ///< [batch][hidden]
    const float** rows;    ///< [batch], RecurrentRows::x
    std::size_t* samples;  ///< [batch], those that RecurrentRows holds
    std::byte* cell;
    std::size_t bytes;  ///< of all
  };

  [[nodiscard]] Scratch divide(std::byte* memory) const {
    ScratchDivider scratch(memory);
    Scratch result{};
    result.x = scratch.take<std::byte>(x_.scratch_bytes());
    result.gates = scratch.take<float>(shape_.rows() * shape_.columns());
    result.h = scratch.take<float>(shape_.batch * shape_.hidden);
    result.c = scratch.take<float>(shape_.batch * shape_.hidden);
    result.rows = scratch.take<const float*>(shape_.batch);
    result.samples = scratch.take<std::size_t>(shape_.batch);
    result.cell = scratch.take<std::byte>(cells_[0]->scratch_bytes());
    result.bytes = scratch.bytes();
    return result;
  }

  /// All samples advance together; each leaves the rows when its sequence ends.
  void run_direction(const StepMemory& memory, const Scratch& scratch, std::size_t d,
                     Workers& workers) const {
    const std::size_t hidden = shape_.hidden;
    float* const y = output(memory, 0);
    for (std::size_t b = 0; b < shape_.batch; ++b) {
      scratch.samples[b] = b;
      read_state(memory, kInitialH, d, b, scratch.h + b * hidden);
      if (shape_.has_cell_state) read_state(memory, kInitialC, d, b, scratch.c + b * hidden);
      for (std::size_t t = length_of(memory, b); y != nullptr && t < shape_.time; ++t) {
        std::fill_n(y + shape_.y(t, d, b), hidden, 0.0F);
      }
    }
    std::size_t count = shape_.batch;
    for (std::size_t step = 0;; ++step) {
      count = begin_step(memory, scratch, d, step, count);
      if (count == 0) return;
      cells_[d]->advance({count, scratch.rows, scratch.h, scratch.c, scratch.cell}, workers);
      for (std::size_t i = 0; y != nullptr && i < count; ++i) {
        const std::size_t b = scratch.samples[i];
        const std::size_t t = time_of(memory, d, b, step);
        std::copy_n(scratch.h + i * hidden, hidden, y + shape_.y(t, d, b));
      }
    }
  }

  /// Writes the states of the samples whose sequence is over; the others close up. Returns their
  /// number.
  std::size_t begin_step(const StepMemory& memory, const Scratch& scratch, std::size_t d,
                         std::size_t step, std::size_t count) const {
    const std::size_t hidden = shape_.hidden;
    std::size_t left = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t b = scratch.samples[i];
      const float* const h = scratch.h + i * hidden;
      const float* const c = scratch.c + i * hidden;
      if (step >= length_of(memory, b)) {
        write_state(memory, 1, d, b, h);
        if (shape_.has_cell_state) write_state(memory, 2, d, b, c);
        continue;
      }
      if (left != i) {
        std::copy_n(h, hidden, scratch.h + left * hidden);
        if (shape_.has_cell_state) std::copy_n(c, hidden, scratch.c + left * hidden);
      }
      const std::size_t row = shape_.row(time_of(memory, d, b, step), b);
      scratch.rows[left] = scratch.gates + row * shape_.columns();
      scratch.samples[left] = b;
      ++left;
    }
    return left;
  }

  void read_state(const StepMemory& memory, std::size_t index, std::size_t d, std::size_t b,
                  float* state) const {
    if (is_given(memory, index)) {
      std::copy_n(memory.input<float>(index) + shape_.state(d, b), shape_.hidden, state);
    } else {
      std::fill_n(state, shape_.hidden, 0.0F);
    }
  }

  void write_state(const StepMemory& memory, std::size_t index, std::size_t d, std::size_t b,
                   const float* state) const {
    float* const to = output(memory, index);
    if (to != nullptr) std::copy_n(state, shape_.hidden, to + shape_.state(d, b));
  }

  /// Computed lengths are clamped to what there is.
  [[nodiscard]] std::size_t length_of(const StepMemory& memory, std::size_t b) const {
    if (!is_given(memory, kSequenceLengths)) return shape_.time;
    const auto length = std::int64_t{memory.input<std::int32_t>(kSequenceLengths)[b]};
    return static_cast<std::size_t>(std::clamp<std::int64_t>(length, 0, to_extent(shape_.time)));
  }
  [[nodiscard]] std::size_t time_of(const StepMemory& memory, std::size_t d, std::size_t b,
                                    std::size_t step) const {
    return shape_.reversed(d) ? length_of(memory, b) - 1 - step : step;
  }

  RecurrentShape shape_;
  GateOperand x_;
  std::vector<std::unique_ptr<RecurrentCell>> cells_;  ///< per direction
};

}  // namespace

void require_shape(const NodeView& node, std::size_t index, DataType type, const Shape& shape) {
  node.require_type(index, type);
  if (node.shape(index) != shape) {
    node.fail(ErrorCode::invalid_graph,
              concat({"input ", index, " ('", node.input(index).name, "') has shape ",
                      node.shape(index), ", expected ", shape}));
  }
}

RecurrentShape::RecurrentShape(const NodeView& node) : gates(4), functions("Sigmoid,Tanh,Tanh") {
  if (node.node().op == Op::GRU) {
    gates = 3;
    functions = "Sigmoid,Tanh";
  } else if (node.node().op == Op::RNN) {
    gates = 1;
    functions = "Tanh";
  }
  has_cell_state = gates == 4;
  node.require_rank(0, 3);
  node.require_rank(kStateWeights, 3);
  const Shape& x = node.shape(0);
  batch_first = node.integer("layout", 0) != 0;
  const std::string direction = node.text("direction", "forward");
  if (direction != "forward" && direction != "reverse" && direction != "bidirectional") {
    node.fail(ErrorCode::invalid_graph, concat({"direction is '", direction, "'"}));
  }
  first_reversed = direction == "reverse";
  directions = direction == "bidirectional" ? 2 : 1;
  time = static_cast<std::size_t>(x[batch_first ? 1 : 0]);
  batch = static_cast<std::size_t>(x[batch_first ? 0 : 1]);
  input = static_cast<std::size_t>(x[2]);
  const std::size_t depth_axis = node.node().op == Op::DynamicQuantizeLSTM ? 1 : 2;
  hidden = static_cast<std::size_t>(node.shape(kStateWeights)[depth_axis]);
  if (element_count(x) == 0 || hidden == 0) {
    node.fail(ErrorCode::invalid_graph, concat({"input of shape ", x, " or state is empty"}));
  }
  if (node.integer("hidden_size", to_extent(hidden)) != to_extent(hidden)) {
    node.fail(ErrorCode::invalid_graph,
              concat({"hidden_size differs from that of R, ", node.shape(kStateWeights)}));
  }
}

std::size_t RecurrentShape::y(std::size_t t, std::size_t d, std::size_t b) const {
  return (batch_first ? (b * time + t) * directions + d : (t * directions + d) * batch + b) *
         hidden;
}

std::size_t RecurrentShape::state(std::size_t d, std::size_t b) const {
  return (batch_first ? b * directions + d : d * batch + b) * hidden;
}

Shape RecurrentShape::y_shape() const {
  if (batch_first) {
    return {to_extent(batch), to_extent(time), to_extent(directions), to_extent(hidden)};
  }
  return {to_extent(time), to_extent(directions), to_extent(batch), to_extent(hidden)};
}

Shape RecurrentShape::state_shape() const {
  if (batch_first) return {to_extent(batch), to_extent(directions), to_extent(hidden)};
  return {to_extent(directions), to_extent(batch), to_extent(hidden)};
}

namespace {

void infer(InferContext& node) {
  const RecurrentShape shape(node);
  const auto directions = to_extent(shape.directions);
  check_recurrent_weights(node, shape);
  if (node.has_input(kBiases)) {
    static_cast<void>(node.require_constant(kBiases, "B"));
    require_shape(node, kBiases, DataType::float32, {directions, to_extent(2 * shape.columns())});
  }
  if (node.has_input(kSequenceLengths)) {
    require_shape(node, kSequenceLengths, DataType::int32, {to_extent(shape.batch)});
  }
  const std::size_t last_state = shape.has_cell_state ? kInitialC : kInitialH;
  for (std::size_t state = kInitialH; state <= last_state; ++state) {
    if (node.has_input(state)) {
      require_shape(node, state, DataType::float32, shape.state_shape());
    }
  }
  if (shape.has_cell_state && node.has_input(kPeepholes)) {
    static_cast<void>(node.require_constant(kPeepholes, "P"));
    require_shape(node, kPeepholes, DataType::float32, {directions, to_extent(3 * shape.hidden)});
  }
  static_cast<void>(RecurrentCell::functions_of(node, shape, 0));
  static_cast<void>(RecurrentCell::clip_of(node));
  if (node.has_output(0)) node.set_output(0, DataType::float32, shape.y_shape());
  for (const std::size_t state : {std::size_t{1}, std::size_t{2}}) {
    if (node.has_output(state)) node.set_output(state, DataType::float32, shape.state_shape());
  }
}

std::unique_ptr<Step> prepare(const NodeView& node, const PlanContext& context) {
  return std::make_unique<RecurrentStep>(node, context);
}

/// `first_packed` is the first input behind the states: it and all that follow are constants.
/// `more` is an attribute that not all recurrent layers have.
Operator recurrent(std::size_t first_packed, std::size_t max_inputs, std::size_t max_outputs,
                   std::initializer_list<std::string_view> more) {
  Operator op{.min_inputs = 3,
              .max_inputs = max_inputs,
              .max_outputs = max_outputs,
              .attributes = {"activation_alpha", "activation_beta", "activations", "clip",
                             "direction", "hidden_size"},
              .infer = infer,
              .prepare = prepare,
              .packed = input_set({kInputWeights, kStateWeights, kBiases})};
  op.attributes.insert(op.attributes.end(), more);
  for (std::size_t i = first_packed; i < max_inputs; ++i) op.packed |= input_set({i});
  return op;
}

}  // namespace

const Operator& DynamicQuantizeLSTM_operator() {
  static const Operator op = recurrent(kPeepholes, 12, 3, {"input_forget"});
  return op;
}

const Operator& GRU_operator() {
  static const Operator op = recurrent(kInitialC, 8, 2, {"layout", "linear_before_reset"});
  return op;
}

const Operator& LSTM_operator() {
  static const Operator op = recurrent(kPeepholes, 10, 3, {"input_forget", "layout"});
  return op;
}

const Operator& RNN_operator() {
  static const Operator op = recurrent(kInitialC, 8, 2, {"layout"});
  return op;
}

}  // namespace octavo::ops
