#include <limits>

#include "runtime/concat.hpp"
#include "runtime/ops/activation.hpp"
#include "runtime/ops/element_type.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/ranges.hpp"
#include "runtime/ops/widened.hpp"

namespace octavo::ops {
namespace {

/// Bounds are read while running. Where the lower one is above the upper one, all becomes that.
template <class T>
class ClipStep final : public Step {
 public:
  explicit ClipStep(std::size_t elements) : elements_(elements) {}

  void run(const StepMemory& memory, Workers& workers) override {
    using Limits = std::numeric_limits<T>;
    const auto bound = [&](std::size_t index, T otherwise) {
      const bool given = index < memory.inputs.size() && memory.inputs[index] != nullptr;
      return given ? *memory.input<T>(index) : otherwise;
    };
    const T low = bound(1, Limits::has_infinity ? -Limits::infinity() : Limits::lowest());
    const T high = bound(2, Limits::has_infinity ? Limits::infinity() : Limits::max());
    const T* x = memory.input<T>(0);
    T* out = memory.output<T>(0);
    for_ranges(workers, elements_, 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const T above = x[i] < low ? low : x[i];
        out[i] = high < above ? high : above;
      }
    });
  }
  [[nodiscard]] InputSet overwritable() const override { return input_set({0}); }
  [[nodiscard]] std::string kernel() const override { return kernel_name<T>(); }

 private:
  std::size_t elements_;
};

/// Bounds that are known make it a function with a kernel.
class ClampStep final : public Step {
 public:
  ClampStep(const NodeView& node, const PlanContext& context)
      : table_(context.kernels),
        function_(function_of(node)),
        elements_(element_count(node.shape(0))) {}

  void run(const StepMemory& memory, Workers& workers) override {
    for_ranges(workers, elements_, 1, [&](std::size_t begin, std::size_t end) {
      table_->unary(function_.method, function_.alpha, function_.beta,
                    memory.input<float>(0) + begin, end - begin, memory.output<float>(0) + begin);
    });
  }
  [[nodiscard]] InputSet overwritable() const override { return input_set({0}); }

 private:
  const kernels::KernelTable* table_;
  kernels::Activation function_;
  std::size_t elements_;
};

void infer(InferContext& node) {
  for (const std::size_t i : {std::size_t{1}, std::size_t{2}}) {
    if (!node.has_input(i)) continue;
    node.require_type(i, node.input(0).type);
    if (element_count(node.shape(i)) != 1) {
      node.fail(ErrorCode::invalid_graph, concat({i == 1 ? "min" : "max", " has shape ",
                                                  node.shape(i), ", expected one element"}));
    }
  }
  node.set_output(0, node.input(0).type, node.shape(0));
}

std::unique_ptr<Step> prepare(const NodeView& node, const PlanContext& context) {
  const auto known = [&](std::size_t i) {
    return !node.has_input(i) || node.constant(i) != nullptr;
  };
  if (node.input(0).type == DataType::float32 && known(1) && known(2)) {
    return std::make_unique<ClampStep>(node, context);
  }
  return with_wide_number(node, {}, [&](auto element) -> std::unique_ptr<Step> {
    return std::make_unique<ClipStep<decltype(element)>>(element_count(node.shape(0)));
  });
}

}  // namespace

const Operator& Clip_operator() {
  static const Operator op{1, 3, 1, {}, LayoutRule::elementwise, infer, prepare, kNumbers};
  return op;
}

}  // namespace octavo::ops
