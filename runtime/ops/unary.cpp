#include "runtime/ops/activation.hpp"
#include "runtime/ops/element_type.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/ranges.hpp"
#include "runtime/ops/widened.hpp"

namespace octavo::ops {
namespace {

/// Applies a kernel to every element.
class FloatStep final : public Step {
 public:
  FloatStep(const kernels::KernelTable& table, const kernels::Activation& function,
            std::size_t elements)
      : table_(&table), function_(function), elements_(elements) {}

  void run(const StepMemory& memory, Workers& workers) override {
    const auto* x = memory.input<float>(0);
    auto* out = memory.output<float>(0);
    for_ranges(workers, elements_, 1, [&](std::size_t begin, std::size_t end) {
      table_->unary(function_.method, function_.alpha, function_.beta, x + begin, end - begin,
                    out + begin);
    });
  }
  [[nodiscard]] InputSet overwritable() const override { return input_set({0}); }

 private:
  const kernels::KernelTable* table_;
  kernels::Activation function_;
  std::size_t elements_;
};

/// Neg and Abs of integers; the most negative value stays what it is, as in two's complement.
template <class T>
class IntegerStep final : public Step {
 public:
  IntegerStep(bool absolute, std::size_t elements) : absolute_(absolute), elements_(elements) {}

  void run(const StepMemory& memory, Workers&) override {
    const auto* x = memory.input<T>(0);
    auto* out = memory.output<T>(0);
    for (std::size_t i = 0; i < elements_; ++i) {
      const bool keep = absolute_ && x[i] >= 0;
      out[i] = keep ? x[i] : static_cast<T>(std::uint64_t{0} - static_cast<std::uint64_t>(x[i]));
    }
  }
  [[nodiscard]] InputSet overwritable() const override { return input_set({0}); }
  [[nodiscard]] std::string kernel() const override { return "integer"; }

 private:
  bool absolute_;
  std::size_t elements_;
};

void infer_float(InferContext& node) {
  node.require_type(0, DataType::float32);
  static_cast<void>(function_of(node));
  node.set_output(0, DataType::float32, node.shape(0));
}

void infer_number(InferContext& node) {
  node.set_output(0, node.input(0).type, node.shape(0));
}

std::unique_ptr<Step> prepare(const NodeView& node, const PlanContext& context) {
  const std::size_t elements = element_count(node.shape(0));
  return with_wide_number(node, {}, [&](auto element) -> std::unique_ptr<Step> {
    using T = decltype(element);
    if constexpr (std::is_same_v<T, float>) {
      return std::make_unique<FloatStep>(*context.kernels, function_of(node), elements);
    } else {
      return std::make_unique<IntegerStep<T>>(node.node().op == Op::Abs, elements);
    }
  });
}

/// A function of one float tensor with these attributes.
Operator float_function(std::vector<std::string_view> attributes = {}) {
  return {1, 1, 1, std::move(attributes), LayoutRule::elementwise, infer_float, prepare};
}

}  // namespace

const Operator& Abs_operator() {
  static const Operator op{1, 1, 1, {}, LayoutRule::elementwise, infer_number, prepare, kNumbers};
  return op;
}

const Operator& Exp_operator() {
  static const Operator op = float_function();
  return op;
}

const Operator& HardSigmoid_operator() {
  static const Operator op = float_function({"alpha", "beta"});
  return op;
}

const Operator& HardSwish_operator() {
  static const Operator op = float_function();
  return op;
}

const Operator& LeakyRelu_operator() {
  static const Operator op = float_function({"alpha"});
  return op;
}

const Operator& Neg_operator() {
  static const Operator op{1, 1, 1, {}, LayoutRule::elementwise, infer_number, prepare, kNumbers};
  return op;
}

const Operator& Relu_operator() {
  static const Operator op = float_function();
  return op;
}

const Operator& Sigmoid_operator() {
  static const Operator op = float_function();
  return op;
}

const Operator& Sqrt_operator() {
  static const Operator op = float_function();
  return op;
}

const Operator& Tanh_operator() {
  static const Operator op = float_function();
  return op;
}

}  // namespace octavo::ops
