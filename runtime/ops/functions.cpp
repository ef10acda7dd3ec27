#include <algorithm>
#include <array>
#include <cmath>

#include "runtime/concat.hpp"
#include "runtime/ops/activation.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/ranges.hpp"

/// Functions of one float tensor that have no kernel of their own, from the C++ library.
namespace octavo::ops {
namespace {

using Function = float (*)(float x, float alpha, float beta);

/// ln(1 + e^x), without overflow.
float soft_plus(float x) {
  return std::max(x, 0.0F) + std::log1p(std::exp(-std::abs(x)));
}

float logistic(float x) {
  return 1.0F / (1.0F + std::exp(-x));
}

/// Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016: the approximation by tanh.
float gelu_by_tanh(float x) {
  constexpr float kFactor = 0.797884560802865356F;  // sqrt(2 / pi)
  return 0.5F * x * (1.0F + std::tanh(kFactor * (x + 0.044715F * x * x * x)));
}

float celu(float x, float alpha) {
  return std::max(x, 0.0F) + std::min(0.0F, alpha * std::expm1(x / alpha));
}

struct Parameter {
  std::string_view name = {};
  float otherwise = 0.0F;
};

struct Entry {
  Op op;
  Function function;
  Parameter alpha = {}, beta = {};
};

constexpr std::array kFunctions = {
    Entry{Op::Acos, [](float x, float, float) { return std::acos(x); }},
    Entry{Op::Acosh, [](float x, float, float) { return std::acosh(x); }},
    Entry{Op::Asin, [](float x, float, float) { return std::asin(x); }},
    Entry{Op::Asinh, [](float x, float, float) { return std::asinh(x); }},
    Entry{Op::Atan, [](float x, float, float) { return std::atan(x); }},
    Entry{Op::Atanh, [](float x, float, float) { return std::atanh(x); }},
    Entry{Op::Ceil, [](float x, float, float) { return std::ceil(x); }},
    Entry{Op::Celu, [](float x, float a, float) { return celu(x, a); }, {"alpha", 1.0F}},
    Entry{Op::Cos, [](float x, float, float) { return std::cos(x); }},
    Entry{Op::Cosh, [](float x, float, float) { return std::cosh(x); }},
    Entry{Op::Elu,
          [](float x, float a, float) { return x < 0.0F ? a * std::expm1(x) : x; },
          {"alpha", 1.0F}},
    Entry{Op::Erf, [](float x, float, float) { return std::erf(x); }},
    Entry{Op::Floor, [](float x, float, float) { return std::floor(x); }},
    Entry{Op::Gelu, [](float x, float, float) { return gelu_by_tanh(x); }},
    Entry{Op::Log, [](float x, float, float) { return std::log(x); }},
    Entry{Op::Mish, [](float x, float, float) { return x * std::tanh(soft_plus(x)); }},
    Entry{Op::Reciprocal, [](float x, float, float) { return 1.0F / x; }},
    Entry{Op::Round, [](float x, float, float) { return std::nearbyint(x); }},
    Entry{Op::Selu,
          [](float x, float a, float gamma) { return gamma * (x > 0.0F ? x : a * std::expm1(x)); },
          {"alpha", 1.67326319217681884765625F},
          {"gamma", 1.05070102214813232421875F}},
    Entry{Op::Shrink,
          [](float x, float bias, float bound) {
            return x < -bound ? x + bias : x > bound ? x - bias : 0.0F;
          },
          {"bias", 0.0F},
          {"lambd", 0.5F}},
    Entry{Op::Sign, [](float x, float, float) { return x > 0.0F   ? 1.0F
                                                       : x < 0.0F ? -1.0F
                                                                  : x; }},
    Entry{Op::Sin, [](float x, float, float) { return std::sin(x); }},
    Entry{Op::Sinh, [](float x, float, float) { return std::sinh(x); }},
    Entry{Op::Softplus, [](float x, float, float) { return soft_plus(x); }},
    Entry{Op::Softsign, [](float x, float, float) { return x / (1.0F + std::abs(x)); }},
    Entry{Op::Swish, [](float x, float a, float) { return x * logistic(a * x); }, {"alpha", 1.0F}},
    Entry{Op::Tan, [](float x, float, float) { return std::tan(x); }},
    Entry{Op::ThresholdedRelu,
          [](float x, float a, float) { return x > a ? x : 0.0F; },
          {"alpha", 1.0F}},
};

const Entry& entry_of(const NodeView& node) {
  return *std::ranges::find(kFunctions, node.node().op, &Entry::op);
}

float parameter(const NodeView& node, const Parameter& parameter) {
  return parameter.name.empty() ? 0.0F : node.real(parameter.name, parameter.otherwise);
}

class FunctionStep final : public Step {
 public:
  explicit FunctionStep(const NodeView& node)
      : function_(entry_of(node).function),
        alpha_(parameter(node, entry_of(node).alpha)),
        beta_(parameter(node, entry_of(node).beta)),
        elements_(element_count(node.shape(0))) {}

  void run(const StepMemory& memory, Workers& workers) override {
    const auto* x = memory.input<float>(0);
    auto* out = memory.output<float>(0);
    for_ranges(workers, elements_, 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) out[i] = function_(x[i], alpha_, beta_);
    });
  }
  [[nodiscard]] InputSet overwritable() const override { return input_set({0}); }

 private:
  Function function_;
  float alpha_, beta_;
  std::size_t elements_;
};

/// The two functions of this family that have a kernel for what models use of them.
class KernelStep final : public Step {
 public:
  KernelStep(const PlanContext& context, kernels::UnaryMethod method, std::size_t elements)
      : table_(context.kernels), method_(method), elements_(elements) {}

  void run(const StepMemory& memory, Workers& workers) override {
    for_ranges(workers, elements_, 1, [&](std::size_t begin, std::size_t end) {
      table_->unary(method_, 0.0F, 0.0F, memory.input<float>(0) + begin, end - begin,
                    memory.output<float>(0) + begin);
    });
  }
  [[nodiscard]] InputSet overwritable() const override { return input_set({0}); }

 private:
  const kernels::KernelTable* table_;
  kernels::UnaryMethod method_;
  std::size_t elements_;
};

void infer(InferContext& node) {
  const Entry& entry = entry_of(node);
  static_cast<void>(parameter(node, entry.alpha));
  static_cast<void>(parameter(node, entry.beta));
  if (entry.op == Op::Gelu) {
    const std::string approximate = node.text("approximate", "none");
    if (approximate != "none" && approximate != "tanh") {
      node.fail(ErrorCode::invalid_graph,
                concat({"approximate is '", approximate, "', expected none or tanh"}));
    }
  }
  node.set_output(0, DataType::float32, node.shape(0));
}

std::unique_ptr<Step> prepare(const NodeView& node, const PlanContext& context) {
  const std::size_t elements = element_count(node.shape(0));
  if (is_kernel_function(node)) {
    return std::make_unique<KernelStep>(context, function_of(node).method, elements);
  }
  return std::make_unique<FunctionStep>(node);
}

Operator function(std::vector<std::string_view> attributes) {
  return {1, 1, 1, std::move(attributes), LayoutRule::elementwise, infer, prepare};
}

const Operator& plain_function() {
  static const Operator op = function({});
  return op;
}

const Operator& function_of_alpha() {
  static const Operator op = function({"alpha"});
  return op;
}

}  // namespace

const Operator& Acos_operator() {
  return plain_function();
}
const Operator& Acosh_operator() {
  return plain_function();
}
const Operator& Asin_operator() {
  return plain_function();
}
const Operator& Asinh_operator() {
  return plain_function();
}
const Operator& Atan_operator() {
  return plain_function();
}
const Operator& Atanh_operator() {
  return plain_function();
}
const Operator& Ceil_operator() {
  return plain_function();
}
const Operator& Celu_operator() {
  return function_of_alpha();
}
const Operator& Cos_operator() {
  return plain_function();
}
const Operator& Cosh_operator() {
  return plain_function();
}
const Operator& Elu_operator() {
  return function_of_alpha();
}
const Operator& Erf_operator() {
  return plain_function();
}
const Operator& Floor_operator() {
  return plain_function();
}
const Operator& Gelu_operator() {
  static const Operator op = function({"approximate"});
  return op;
}
const Operator& Log_operator() {
  return plain_function();
}
const Operator& Mish_operator() {
  return plain_function();
}
const Operator& Reciprocal_operator() {
  return plain_function();
}
const Operator& Round_operator() {
  return plain_function();
}
const Operator& Selu_operator() {
  static const Operator op = function({"alpha", "gamma"});
  return op;
}
const Operator& Shrink_operator() {
  static const Operator op = function({"bias", "lambd"});
  return op;
}
const Operator& Sign_operator() {
  return plain_function();
}
const Operator& Sin_operator() {
  return plain_function();
}
const Operator& Sinh_operator() {
  return plain_function();
}
const Operator& Softplus_operator() {
  return plain_function();
}
const Operator& Softsign_operator() {
  return plain_function();
}
const Operator& Swish_operator() {
  return function_of_alpha();
}
const Operator& Tan_operator() {
  return plain_function();
}
const Operator& ThresholdedRelu_operator() {
  return function_of_alpha();
}

}  // namespace octavo::ops
