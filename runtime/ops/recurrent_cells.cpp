#include <algorithm>

#include "runtime/concat.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/recurrent.hpp"

namespace octavo::ops {
namespace {

constexpr std::size_t kPeepholes = 7;

/// The functions of one direction out of those of all.
std::vector<GateActivation> functions_of(const NodeView& node, const RecurrentShape& shape,
                                         std::size_t direction,
                                         const std::vector<std::string>& defaults) {
  const auto all = gate_activations(node, shape.directions, defaults);
  const auto first = all.begin() + static_cast<std::ptrdiff_t>(direction * defaults.size());
  return {first, first + static_cast<std::ptrdiff_t>(defaults.size())};
}

float clip_of(const NodeView& node) {
  const float clip = node.real("clip", 0.0F);
  if (!(clip >= 0.0F)) node.fail(ErrorCode::invalid_graph, "clip is not positive");
  return clip;
}

/// h = f(W x + R h + b).
class RnnCell final : public RecurrentCell {
 public:
  RnnCell(const NodeView& node, const RecurrentShape& shape, std::size_t direction,
          const DirectionWeights& weights)
      : hidden_(shape.hidden),
        state_(weights.r.data(), weights.r_bias.data(), hidden_, hidden_),
        functions_(functions_of(node, shape, direction, defaults())),
        clip_(clip_of(node)) {}

  static constexpr std::size_t kGates = 1;
  static std::vector<std::string> defaults() { return {"Tanh"}; }

  void advance(const kernels::KernelTable& table, const float* x, float* h, float*,
               float* spare) const override {
    state_.multiply(table, h, 1, spare);
    for (std::size_t i = 0; i < hidden_; ++i) h[i] = x[i] + spare[i];
    clip_gates(clip_, h, hidden_);
    functions_[0].apply(table, h, hidden_);
  }
  [[nodiscard]] std::size_t spare_size() const override { return hidden_; }
  [[nodiscard]] std::size_t bytes() const override { return state_.bytes(); }

 private:
  std::size_t hidden_;
  PackedGates state_;
  std::vector<GateActivation> functions_;
  float clip_;
};

/// Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder", 2014. Gates: update,
/// reset, candidate.
class GruCell final : public RecurrentCell {
 public:
  GruCell(const NodeView& node, const RecurrentShape& shape, std::size_t direction,
          const DirectionWeights& weights)
      : hidden_(shape.hidden),
        reset_after_(node.integer("linear_before_reset", 0) != 0),
        gates_(weights.r.data(), weights.r_bias.data(), 2 * hidden_, hidden_),
        candidate_(weights.r.data() + 2 * hidden_ * hidden_, weights.r_bias.data() + 2 * hidden_,
                   hidden_, hidden_),
        functions_(functions_of(node, shape, direction, defaults())),
        clip_(clip_of(node)) {}

  static constexpr std::size_t kGates = 3;
  static std::vector<std::string> defaults() { return {"Sigmoid", "Tanh"}; }

  void advance(const kernels::KernelTable& table, const float* x, float* h, float*,
               float* spare) const override {
    float* update = spare;
    const float* reset = spare + hidden_;
    float* candidate = spare + 2 * hidden_;
    float* reset_state = spare + 3 * hidden_;
    gates_.multiply(table, h, 1, spare);
    for (std::size_t i = 0; i < 2 * hidden_; ++i) spare[i] += x[i];
    clip_gates(clip_, spare, 2 * hidden_);
    functions_[0].apply(table, spare, 2 * hidden_);
    const float* x_candidate = x + 2 * hidden_;
    if (reset_after_) {
      candidate_.multiply(table, h, 1, candidate);
      for (std::size_t i = 0; i < hidden_; ++i) {
        candidate[i] = x_candidate[i] + reset[i] * candidate[i];
      }
    } else {
      for (std::size_t i = 0; i < hidden_; ++i) reset_state[i] = reset[i] * h[i];
      candidate_.multiply(table, reset_state, 1, candidate);
      for (std::size_t i = 0; i < hidden_; ++i) candidate[i] += x_candidate[i];
    }
    clip_gates(clip_, candidate, hidden_);
    functions_[1].apply(table, candidate, hidden_);
    for (std::size_t i = 0; i < hidden_; ++i) {
      h[i] = (1.0F - update[i]) * candidate[i] + update[i] * h[i];
    }
  }
  [[nodiscard]] std::size_t spare_size() const override { return 4 * hidden_; }
  [[nodiscard]] std::size_t bytes() const override { return gates_.bytes() + candidate_.bytes(); }

 private:
  std::size_t hidden_;
  bool reset_after_;
  PackedGates gates_, candidate_;
  std::vector<GateActivation> functions_;
  float clip_;
};

/// Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997, with peepholes (Gers and
/// Schmidhuber, 2000). Gates: input, output, forget, cell.
class LstmCell final : public RecurrentCell {
 public:
  LstmCell(const NodeView& node, const RecurrentShape& shape, std::size_t direction,
           const DirectionWeights& weights)
      : hidden_(shape.hidden),
        coupled_(node.integer("input_forget", 0) != 0),
        state_(weights.r.data(), weights.r_bias.data(), 4 * hidden_, hidden_),
        functions_(functions_of(node, shape, direction, defaults())),
        clip_(clip_of(node)),
        peepholes_(3 * hidden_, 0.0F) {
    if (!node.has_input(kPeepholes)) return;
    const auto all = node.require_constant(kPeepholes, "P").as<float>();
    std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(direction * 3 * hidden_), 3 * hidden_,
                peepholes_.begin());
  }

  static constexpr std::size_t kGates = 4;
  static std::vector<std::string> defaults() { return {"Sigmoid", "Tanh", "Tanh"}; }

  void advance(const kernels::KernelTable& table, const float* x, float* h, float* c,
               float* spare) const override {
    float* in = spare;
    float* out = in + hidden_;
    float* forget = out + hidden_;
    float* cell = forget + hidden_;
    state_.multiply(table, h, 1, spare);
    for (std::size_t i = 0; i < 4 * hidden_; ++i) spare[i] += x[i];
    for (std::size_t i = 0; i < hidden_; ++i) {
      in[i] += peepholes_[i] * c[i];
      forget[i] += peepholes_[2 * hidden_ + i] * c[i];
    }
    apply(table, functions_[0], in);
    apply(table, functions_[0], forget);
    apply(table, functions_[1], cell);
    for (std::size_t i = 0; i < hidden_; ++i) {
      const float keep = coupled_ ? 1.0F - in[i] : forget[i];
      c[i] = keep * c[i] + in[i] * cell[i];
      out[i] += peepholes_[hidden_ + i] * c[i];
    }
    apply(table, functions_[0], out);
    std::copy_n(c, hidden_, h);
    functions_[2].apply(table, h, hidden_);
    for (std::size_t i = 0; i < hidden_; ++i) h[i] *= out[i];
  }
  [[nodiscard]] std::size_t spare_size() const override { return 4 * hidden_; }
  [[nodiscard]] std::size_t bytes() const override { return state_.bytes(); }

 private:
  void apply(const kernels::KernelTable& table, const GateActivation& function, float* x) const {
    clip_gates(clip_, x, hidden_);
    function.apply(table, x, hidden_);
  }

  std::size_t hidden_;
  bool coupled_;
  PackedGates state_;
  std::vector<GateActivation> functions_;
  float clip_;
  std::vector<float> peepholes_;
};

template <class Cell>
void infer(InferContext& node) {
  infer_recurrent(node, Cell::kGates);
  const RecurrentShape shape(node, Cell::kGates);
  static_cast<void>(gate_activations(node, shape.directions, Cell::defaults()));
  static_cast<void>(clip_of(node));
  if (!node.has_input(kPeepholes)) return;
  const Shape expected{static_cast<std::int64_t>(shape.directions),
                       static_cast<std::int64_t>(3 * shape.hidden)};
  node.require_type(kPeepholes, DataType::float32);
  if (node.require_constant(kPeepholes, "P").shape != expected) {
    node.fail(ErrorCode::invalid_graph,
              concat({"P has shape ", node.shape(kPeepholes), ", expected ", expected}));
  }
}

template <class Cell>
std::unique_ptr<Step> prepare(const NodeView& node, const PlanContext& context) {
  const RecurrentShape shape(node, Cell::kGates);
  std::vector<std::unique_ptr<RecurrentCell>> cells;
  for (std::size_t d = 0; d < shape.directions; ++d) {
    cells.push_back(std::make_unique<Cell>(node, shape, d, DirectionWeights(node, shape, d)));
  }
  return make_recurrent_step(node, context, shape, std::move(cells));
}

template <class Cell>
Operator recurrent(std::size_t max_inputs, std::size_t max_outputs,
                   std::vector<std::string_view> more_attributes) {
  std::vector<std::string_view> attributes{
      "activation_alpha", "activation_beta", "activations", "clip",
      "direction",        "hidden_size",     "layout"};
  attributes.insert(attributes.end(), more_attributes.begin(), more_attributes.end());
  return {3,           max_inputs,   max_outputs, std::move(attributes), LayoutRule::row_major,
          infer<Cell>, prepare<Cell>};
}

}  // namespace

const Operator& GRU_operator() {
  static const Operator op = recurrent<GruCell>(6, 2, {"linear_before_reset"});
  return op;
}

const Operator& LSTM_operator() {
  static const Operator op = recurrent<LstmCell>(8, 3, {"input_forget"});
  return op;
}

const Operator& RNN_operator() {
  static const Operator op = recurrent<RnnCell>(6, 2, {});
  return op;
}

}  // namespace octavo::ops
