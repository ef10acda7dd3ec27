#include <algorithm>
#include <cstring>
#include <type_traits>

#include "runtime/ops/broadcast.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/ranges.hpp"
#include "runtime/ops/strided.hpp"

namespace octavo::ops {
namespace {

using kernels::BinaryMethod;

BinaryMethod method_of(const NodeView& node) {
  switch (node.node().op) {
    case Op::Add:
      return BinaryMethod::add;
    case Op::Div:
      return BinaryMethod::divide;
    case Op::Max:
      return BinaryMethod::maximum;
    case Op::Min:
      return BinaryMethod::minimum;
    case Op::Mul:
      return BinaryMethod::multiply;
    case Op::Sub:
      return BinaryMethod::subtract;
    default:
      node.fail(ErrorCode::unsupported, "is not a function of two inputs");
  }
}

/// Integers as ONNX Runtime computes them: sums and products wrap, quotients truncate. The divisor
/// is not 0.
template <class T>
T apply(BinaryMethod method, T x, T y) {
  using Unsigned = std::make_unsigned_t<T>;
  const auto ux = static_cast<Unsigned>(x);
  const auto uy = static_cast<Unsigned>(y);
  switch (method) {
    case BinaryMethod::add:
      return static_cast<T>(ux + uy);
    case BinaryMethod::subtract:
      return static_cast<T>(ux - uy);
    case BinaryMethod::multiply:
      return static_cast<T>(ux * uy);
    case BinaryMethod::divide:
      return y == -1 ? static_cast<T>(Unsigned{0} - ux) : static_cast<T>(x / y);
    case BinaryMethod::minimum:
      return std::min(x, y);
    case BinaryMethod::maximum:
      return std::max(x, y);
  }
  return 0;
}

/// One row of a broadcast operation; the steps are 0 or 1.
template <class T>
struct RowKernel {
  const kernels::KernelTable* table;
  BinaryMethod method;

  void operator()(const T* x, std::size_t x_step, const T* y, std::size_t y_step, std::size_t n,
                  T* out) const {
    if constexpr (std::is_same_v<T, float>) {
      table->binary(method, x, x_step, y, y_step, n, out);
    } else {
      for (std::size_t i = 0; i < n; ++i) out[i] = apply(method, x[i * x_step], y[i * y_step]);
    }
  }
};

using Loops = StridedLoops<2>;

/// The inputs combined from left to right: the first two into the output, then the output with each
/// that follows.
template <class T>
class BinaryStep final : public Step {
 public:
  BinaryStep(const RowKernel<T>& kernel, std::vector<Loops> stages)
      : kernel_(kernel), stages_(std::move(stages)) {}

  void run(const StepMemory& memory, Workers& workers) override {
    auto* out = memory.output<T>(0);
    const auto* x = memory.input<T>(0);
    for (std::size_t i = 0; i < stages_.size(); ++i) {
      combine(stages_[i], x, memory.input<T>(i + 1), out, workers);
      x = out;
    }
  }
  [[nodiscard]] std::string kernel() const override {
    return std::is_same_v<T, float> ? "float32" : "integer";
  }

 private:
  void combine(const Loops& loops, const T* x, const T* y, T* out, Workers& workers) const {
    const Loops::Loop& inner = loops.inner();
    const auto n = static_cast<std::size_t>(inner.extent);
    const auto x_step = static_cast<std::size_t>(inner.strides[0]);
    const auto y_step = static_cast<std::size_t>(inner.strides[1]);
    if (loops.loops().size() == 1) {
      for_ranges(workers, n, 1, [&](std::size_t begin, std::size_t end) {
        kernel_(x + begin * x_step, x_step, y + begin * y_step, y_step, end - begin, out + begin);
      });
      return;
    }
    for_ranges(workers, loops.rows(), n, [&](std::size_t begin, std::size_t end) {
      loops.for_rows(begin, end, [&](std::size_t row, const Loops::Offsets& offsets) {
        kernel_(x + offsets[0], x_step, y + offsets[1], y_step, n, out + row * n);
      });
    });
  }

  RowKernel<T> kernel_;
  std::vector<Loops> stages_;
};

/// Max and Min of a single input.
class CopyStep final : public Step {
 public:
  explicit CopyStep(std::size_t bytes) : bytes_(bytes) {}
  void run(const StepMemory& memory, Workers&) override {
    std::copy_n(memory.inputs[0], bytes_, memory.outputs[0]);
  }
  [[nodiscard]] std::string kernel() const override { return "copy"; }

 private:
  std::size_t bytes_;
};

Loops stage(const NodeView& node, const Shape& x, const Shape& y, const Shape& out) {
  const std::vector<std::int64_t> x_strides = broadcast_strides(x, out);
  const std::vector<std::int64_t> y_strides = broadcast_strides(y, out);
  std::vector<Loops::Loop> dimensions(out.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    dimensions[i] = {out[i], {x_strides[i], y_strides[i]}};
  }
  return {node, dimensions};
}

template <class T>
std::unique_ptr<Step> make_step(const NodeView& node, const PlanContext& context) {
  const Shape& out = node.output(0).shape;
  if (node.input_count() == 1) return std::make_unique<CopyStep>(element_count(out) * sizeof(T));
  std::vector<Loops> stages;
  for (std::size_t i = 1; i < node.input_count(); ++i) {
    stages.push_back(stage(node, i == 1 ? node.shape(0) : out, node.shape(i), out));
  }
  return std::make_unique<BinaryStep<T>>(RowKernel<T>{context.kernels, method_of(node)},
                                         std::move(stages));
}

/// Integer division must not meet a zero while running.
template <class T>
void check_divisor(const NodeView& node) {
  const Tensor& divisor = node.require_constant(1, "the integer divisor");
  if (std::ranges::find(divisor.as<T>(), T{0}) != divisor.as<T>().end()) {
    node.fail(ErrorCode::invalid_graph, "divides integers by 0");
  }
}

void infer(InferContext& node) {
  const DataType type = node.input(0).type;
  if (type != DataType::int64 && type != DataType::int32) node.require_type(0, DataType::float32);
  Shape shape = node.shape(0);
  for (std::size_t i = 1; i < node.input_count(); ++i) {
    node.require_type(i, type);
    shape = broadcast(node, shape, node.shape(i));
  }
  if (node.node().op == Op::Div && type == DataType::int64) check_divisor<std::int64_t>(node);
  if (node.node().op == Op::Div && type == DataType::int32) check_divisor<std::int32_t>(node);
  node.set_output(0, type, std::move(shape));
}

std::unique_ptr<Step> prepare(const NodeView& node, const PlanContext& context) {
  switch (node.input(0).type) {
    case DataType::int64:
      return make_step<std::int64_t>(node, context);
    case DataType::int32:
      return make_step<std::int32_t>(node, context);
    default:
      return make_step<float>(node, context);
  }
}

}  // namespace

const Operator& Add_operator() {
  static const Operator op{2, 2, 1, {}, LayoutRule::elementwise, infer, prepare};
  return op;
}

const Operator& Div_operator() {
  static const Operator op{2, 2, 1, {}, LayoutRule::elementwise, infer, prepare};
  return op;
}

const Operator& Max_operator() {
  static const Operator op{1, SIZE_MAX, 1, {}, LayoutRule::elementwise, infer, prepare};
  return op;
}

const Operator& Min_operator() {
  static const Operator op{1, SIZE_MAX, 1, {}, LayoutRule::elementwise, infer, prepare};
  return op;
}

const Operator& Mul_operator() {
  static const Operator op{2, 2, 1, {}, LayoutRule::elementwise, infer, prepare};
  return op;
}

const Operator& Sub_operator() {
  static const Operator op{2, 2, 1, {}, LayoutRule::elementwise, infer, prepare};
  return op;
}

}  // namespace octavo::ops
