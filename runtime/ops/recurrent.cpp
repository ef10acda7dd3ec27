#include "runtime/ops/recurrent.hpp"

#include <algorithm>

#include "runtime/concat.hpp"

namespace octavo::ops {
namespace {

constexpr std::size_t kW = 1;
constexpr std::size_t kR = 2;
constexpr std::size_t kB = 3;
constexpr std::size_t kLengths = 4;
constexpr std::size_t kInitialH = 5;
constexpr std::size_t kInitialC = 6;

std::int64_t to_extent(std::size_t value) {
  return static_cast<std::int64_t>(value);
}

class RecurrentStep final : public Step {
 public:
  RecurrentStep(const NodeView& node, const PlanContext& context, const RecurrentShape& shape,
                std::vector<std::unique_ptr<RecurrentCell>> cells)
      : table_(context.kernels), shape_(shape), cells_(std::move(cells)) {
    for (std::size_t d = 0; d < shape.directions; ++d) {
      const DirectionWeights weights(node, shape, d);
      inputs_.emplace_back(weights.w.data(), weights.w_bias.data(), shape.gates * shape.hidden,
                           shape.input);
    }
  }

  void run(const StepMemory& memory, Workers&) override {
    auto* gates = reinterpret_cast<float*>(memory.scratch);
    float* states = gates + shape_.time * shape_.batch * gate_size();
    float* spare = states + 2 * shape_.hidden;
    for (std::size_t d = 0; d < shape_.directions; ++d) {
      inputs_[d].multiply(*table_, memory.input<float>(0), shape_.time * shape_.batch, gates);
      for (std::size_t b = 0; b < shape_.batch; ++b) {
        run_sample(memory, d, b, gates, states, spare);
      }
    }
  }
  [[nodiscard]] std::size_t scratch_bytes() const override {
    std::size_t spare = 0;
    for (const auto& cell : cells_) spare = std::max(spare, cell->spare_size());
    const std::size_t floats = shape_.time * shape_.batch * gate_size() + 2 * shape_.hidden + spare;
    return floats * sizeof(float) + kernels::kReadSlack;
  }
  [[nodiscard]] std::size_t weight_bytes() const override {
    std::size_t bytes = 0;
    for (std::size_t d = 0; d < cells_.size(); ++d)
      bytes += inputs_[d].bytes() + cells_[d]->bytes();
    return bytes;
  }

 private:
  [[nodiscard]] std::size_t gate_size() const { return shape_.gates * shape_.hidden; }

  void run_sample(const StepMemory& memory, std::size_t d, std::size_t b, const float* gates,
                  float* states, float* spare) const {
    const std::size_t hidden = shape_.hidden;
    float* h = states;
    float* c = states + hidden;
    read_state(memory, kInitialH, d, b, h);
    read_state(memory, kInitialC, d, b, c);
    const std::size_t length = length_of(memory, b);
    float* y = output(memory, 0);
    for (std::size_t step = 0; step < shape_.time; ++step) {
      const bool inside = step < length;
      const std::size_t t = inside && shape_.reversed(d) ? length - 1 - step : step;
      if (inside) {
        cells_[d]->advance(*table_, gates + shape_.row(t, b) * gate_size(), h, c, spare);
      }
      if (y == nullptr) continue;
      float* to = y + shape_.y(t, d, b);
      if (inside) {
        std::copy_n(h, hidden, to);
      } else {
        std::fill_n(to, hidden, 0.0F);
      }
    }
    write_state(memory, 1, d, b, h);
    write_state(memory, 2, d, b, c);
  }

  static float* output(const StepMemory& memory, std::size_t index) {
    return index < memory.outputs.size() ? memory.output<float>(index) : nullptr;
  }

  void read_state(const StepMemory& memory, std::size_t index, std::size_t d, std::size_t b,
                  float* state) const {
    const bool given = index < memory.inputs.size() && memory.inputs[index] != nullptr;
    if (given) {
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
    const bool given = kLengths < memory.inputs.size() && memory.inputs[kLengths] != nullptr;
    if (!given) return shape_.time;
    const auto length = std::int64_t{memory.input<std::int32_t>(kLengths)[b]};
    return static_cast<std::size_t>(std::clamp<std::int64_t>(length, 0, to_extent(shape_.time)));
  }

  const kernels::KernelTable* table_;
  RecurrentShape shape_;
  std::vector<PackedGates> inputs_;
  std::vector<std::unique_ptr<RecurrentCell>> cells_;
};

void require_shape(const NodeView& node, std::size_t index, DataType type, const Shape& shape) {
  node.require_type(index, type);
  if (node.shape(index) != shape) {
    node.fail(ErrorCode::invalid_graph,
              concat({"input ", index, " ('", node.input(index).name, "') has shape ",
                      node.shape(index), ", expected ", shape}));
  }
}

}  // namespace

RecurrentShape::RecurrentShape(const NodeView& node, std::size_t gate_count) : gates(gate_count) {
  node.require_rank(0, 3);
  node.require_rank(kR, 3);
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
  hidden = static_cast<std::size_t>(node.shape(kR)[2]);
  if (element_count(x) == 0 || hidden == 0) {
    node.fail(ErrorCode::invalid_graph, concat({"input of shape ", x, " or state is empty"}));
  }
  if (node.integer("hidden_size", to_extent(hidden)) != to_extent(hidden)) {
    node.fail(ErrorCode::invalid_graph,
              concat({"hidden_size differs from that of R, ", node.shape(kR)}));
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

void infer_recurrent(InferContext& node, std::size_t gates) {
  const RecurrentShape shape(node, gates);
  const auto directions = to_extent(shape.directions);
  const auto hidden = to_extent(shape.hidden);
  const auto rows = to_extent(gates) * hidden;
  static_cast<void>(node.require_constant(kW, "W"));
  static_cast<void>(node.require_constant(kR, "R"));
  require_shape(node, kW, DataType::float32, {directions, rows, to_extent(shape.input)});
  require_shape(node, kR, DataType::float32, {directions, rows, hidden});
  if (node.has_input(kB)) {
    static_cast<void>(node.require_constant(kB, "B"));
    require_shape(node, kB, DataType::float32, {directions, 2 * rows});
  }
  if (node.has_input(kLengths)) {
    require_shape(node, kLengths, DataType::int32, {to_extent(shape.batch)});
  }
  for (const std::size_t state : {kInitialH, kInitialC}) {
    if (node.has_input(state)) {
      require_shape(node, state, DataType::float32, shape.state_shape());
    }
  }
  if (node.has_output(0)) node.set_output(0, DataType::float32, shape.y_shape());
  for (const std::size_t state : {std::size_t{1}, std::size_t{2}}) {
    if (node.has_output(state)) node.set_output(state, DataType::float32, shape.state_shape());
  }
}

PackedGates::PackedGates(const float* weights, const float* bias, std::size_t columns,
                         std::size_t depth)
    : columns_(columns),
      depth_(depth),
      packed_(MatrixShape{1, depth, columns}.packed_size()),
      bias_(columns + kernels::kPanelWidth) {
  const MatrixShape shape{1, depth, columns};
  pack(shape, {weights, 1, depth}, 0, shape.panels(), packed_.data());
  std::copy_n(bias, columns, bias_.data());
  std::fill_n(bias_.data() + columns, kernels::kPanelWidth, 0.0F);
}

void PackedGates::multiply(const kernels::KernelTable& table, const float* a, std::size_t rows,
                           float* out) const {
  const MatrixShape shape{rows, depth_, columns_};
  kernels::FloatProduct product = product_of(shape, a, packed_.data(), out);
  product.bias = bias_.data();
  table.float_product(product, {0, rows, 0, shape.panels()});
}

DirectionWeights::DirectionWeights(const NodeView& node, const RecurrentShape& shape,
                                   std::size_t direction) {
  const std::size_t rows = shape.gates * shape.hidden;
  w = node.require_constant(kW, "W").as<float>().subspan(direction * rows * shape.input,
                                                         rows * shape.input);
  r = node.require_constant(kR, "R").as<float>().subspan(direction * rows * shape.hidden,
                                                         rows * shape.hidden);
  w_bias.assign(rows, 0.0F);
  r_bias.assign(rows, 0.0F);
  if (!node.has_input(kB)) return;
  const auto bias = node.require_constant(kB, "B").as<float>().subspan(direction * 2 * rows);
  std::copy_n(bias.begin(), rows, w_bias.begin());
  std::copy_n(bias.begin() + static_cast<std::ptrdiff_t>(rows), rows, r_bias.begin());
}

std::unique_ptr<Step> make_recurrent_step(const NodeView& node, const PlanContext& context,
                                          const RecurrentShape& shape,
                                          std::vector<std::unique_ptr<RecurrentCell>> cells) {
  return std::make_unique<RecurrentStep>(node, context, shape, std::move(cells));
}

void clip_gates(float clip, float* x, std::size_t n) {
  if (clip == 0.0F) return;
  for (std::size_t i = 0; i < n; ++i) x[i] = std::clamp(x[i], -clip, clip);
}

}  // namespace octavo::ops
