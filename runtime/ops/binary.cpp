#include <algorithm>
#include <cstring>
#include <type_traits>

#include "runtime/ops/element_type.hpp"
#include "runtime/ops/elementwise.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/ranges.hpp"
#include "runtime/ops/widened.hpp"

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

/// Integers as ONNX Runtime computes them: sums and products wrap, quotients truncate. A quotient
/// by 0, which ONNX leaves undefined, is 0.
template <class T>
T apply(BinaryMethod method, T x, T y) {
  const auto ux = static_cast<std::uint64_t>(x);
  const auto uy = static_cast<std::uint64_t>(y);
  switch (method) {
    case BinaryMethod::add:
      return static_cast<T>(ux + uy);
    case BinaryMethod::subtract:
      return static_cast<T>(ux - uy);
    case BinaryMethod::multiply:
      return static_cast<T>(ux * uy);
    case BinaryMethod::divide:
      if (y == 0) return T{0};
      if constexpr (std::is_signed_v<T>) {
        if (y == -1) return static_cast<T>(std::uint64_t{0} - ux);
      }
      return static_cast<T>(x / y);
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
  [[nodiscard]] InputSet overwritable() const override { return input_set({0, 1}); }
  [[nodiscard]] std::string kernel() const override { return kernel_name<T>(); }

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

template <class T>
std::unique_ptr<Step> make_step(const NodeView& node, const PlanContext& context) {
  const Shape& out = node.output(0).shape;
  std::vector<Loops> stages;
  for (std::size_t i = 1; i < node.input_count(); ++i) {
    stages.push_back(broadcast_loops<2>(node, {i == 1 ? node.shape(0) : out, node.shape(i)}, out));
  }
  return std::make_unique<BinaryStep<T>>(RowKernel<T>{context.kernels, method_of(node)},
                                         std::move(stages));
}

/// A constant divisor of integers must not hold 0.
void check_divisor(const NodeView& node) {
  const Tensor* const divisor = node.constant(1);
  if (divisor == nullptr || divisor->type == DataType::float32) return;
  const std::size_t size = size_of(divisor->type);
  const std::byte zero[sizeof(std::int64_t)] = {};
  for (std::size_t i = 0; i < element_count(divisor->shape); ++i) {
    if (std::memcmp(divisor->data() + i * size, zero, size) == 0) {
      node.fail(ErrorCode::invalid_graph, "divides integers by 0");
    }
  }
}

void infer(InferContext& node) {
  Shape shape = node.shape(0);
  for (std::size_t i = 1; i < node.input_count(); ++i) {
    node.require_type(i, node.input(0).type);
    shape = broadcast(node, shape, node.shape(i));
  }
  if (node.node().op == Op::Div) check_divisor(node);
  node.set_output(0, node.input(0).type, std::move(shape));
}

std::unique_ptr<Step> prepare(const NodeView& node, const PlanContext& context) {
  if (node.input_count() == 1) {
    return std::make_unique<CopyStep>(element_count(node.shape(0)) * size_of(node.input(0).type));
  }
  return with_wide_number(
      node, {}, [&](auto element) { return make_step<decltype(element)>(node, context); });
}

}  // namespace

const Operator& Add_operator() {
  static const Operator op{2, 2, 1, {}, LayoutRule::elementwise, infer, prepare, kNumbers};
  return op;
}

const Operator& Div_operator() {
  static const Operator op{2, 2, 1, {}, LayoutRule::elementwise, infer, prepare, kNumbers};
  return op;
}

const Operator& Max_operator() {
  static const Operator op{1, SIZE_MAX, 1, {}, LayoutRule::elementwise, infer, prepare, kNumbers};
  return op;
}

const Operator& Min_operator() {
  static const Operator op{1, SIZE_MAX, 1, {}, LayoutRule::elementwise, infer, prepare, kNumbers};
  return op;
}

const Operator& Mul_operator() {
  static const Operator op{2, 2, 1, {}, LayoutRule::elementwise, infer, prepare, kNumbers};
  return op;
}

const Operator& Sub_operator() {
  static const Operator op{2, 2, 1, {}, LayoutRule::elementwise, infer, prepare, kNumbers};
  return op;
}

}  // namespace octavo::ops
