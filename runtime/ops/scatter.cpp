#include <algorithm>
#include <type_traits>

#include "runtime/concat.hpp"
#include "runtime/ops/element_type.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/index_tuples.hpp"
#include "runtime/ops/indexed_elements.hpp"
#include "runtime/ops/widened.hpp"

/// Writing at positions given by index tuples (ScatterND) or along an axis (ScatterElements).
namespace octavo::ops {
namespace {

enum class Reduction : std::uint8_t { none, add, multiply, maximum, minimum };

Reduction reduction_of(const NodeView& node) {
  const std::string name = node.text("reduction", "none");
  if (name == "none") return Reduction::none;
  if (name == "add") return Reduction::add;
  if (name == "mul") return Reduction::multiply;
  if (name == "max") return Reduction::maximum;
  if (name == "min") return Reduction::minimum;
  node.fail(ErrorCode::invalid_graph,
            concat({"reduction is '", name, "', expected none, add, mul, max or min"}));
}

template <class T>
T combine(Reduction reduction, T old, T update) {
  if constexpr (std::is_arithmetic_v<T>) {
    using Wide = std::conditional_t<std::is_floating_point_v<T>, double, std::uint64_t>;
    switch (reduction) {
      case Reduction::add:
        return static_cast<T>(static_cast<Wide>(old) + static_cast<Wide>(update));
      case Reduction::multiply:
        return static_cast<T>(static_cast<Wide>(old) * static_cast<Wide>(update));
      case Reduction::maximum:
        return std::max(old, update);
      case Reduction::minimum:
        return std::min(old, update);
      case Reduction::none:
        break;
    }
  }
  return update;
}

template <class T>
class ScatterNDStep final : public Step {
 public:
  ScatterNDStep(const NodeView& node, Tuples tuples)
      : tuples_(std::move(tuples)),
        indices_(node, 1),
        elements_(element_count(node.shape(0))),
        reduction_(reduction_of(node)) {}

  void run(const StepMemory& memory, Workers&) override {
    T* out = memory.output<T>(0);
    std::copy_n(memory.input<T>(0), elements_, out);
    const T* update = memory.input<T>(2);
    for (std::size_t i = 0; i < tuples_.count; ++i) {
      T* to = out + tuples_.find(indices_, memory.inputs[1], 0, i);
      for (std::size_t k = 0; k < tuples_.size; ++k) {
        to[k] = combine(reduction_, to[k], *update++);
      }
    }
  }
  [[nodiscard]] std::string kernel() const override { return "copy"; }

 private:
  Tuples tuples_;
  Indices indices_;
  std::size_t elements_;
  Reduction reduction_;
};

void infer_scatter_nd(InferContext& node) {
  static_cast<void>(reduction_of(node));
  const Tuples tuples(node, 0);
  check_constant_tuples(node, tuples);
  node.require_type(2, node.input(0).type);
  if (element_count(node.shape(2)) != tuples.count * tuples.size) {
    node.fail(ErrorCode::invalid_graph,
              concat({"updates have shape ", node.shape(2),
                      ", which does not fit indices of shape ", node.shape(1)}));
  }
  node.set_output(0, node.input(0).type, node.shape(0));
}

std::unique_ptr<Step> prepare_scatter_nd(const NodeView& node, const PlanContext&) {
  return with_wide_number(node, {0b101U, true}, [&](auto element) -> std::unique_ptr<Step> {
    return std::make_unique<ScatterNDStep<decltype(element)>>(node, Tuples(node, 0));
  });
}

template <class T>
class ScatterElementsStep final : public Step {
 public:
  explicit ScatterElementsStep(const NodeView& node)
      : elements_(node), size_(element_count(node.shape(0))), reduction_(reduction_of(node)) {}

  void run(const StepMemory& memory, Workers&) override {
    T* out = memory.output<T>(0);
    std::copy_n(memory.input<T>(0), size_, out);
    const T* updates = memory.input<T>(2);
    elements_.for_each(memory, [&](std::size_t i, std::size_t element) {
      out[element] = combine(reduction_, out[element], updates[i]);
    });
  }
  [[nodiscard]] std::string kernel() const override { return "copy"; }

 private:
  IndexedElements elements_;
  std::size_t size_;
  Reduction reduction_;
};

void infer_scatter_elements(InferContext& node) {
  static_cast<void>(reduction_of(node));
  const Shape& data = node.shape(0);
  const Shape& indices = node.shape(1);
  const std::size_t axis = indexed_axis(node);
  static_cast<void>(Indices(node, 1));
  node.require_type(2, node.input(0).type);
  bool fits = indices.size() == data.size() && node.shape(2) == indices;
  for (std::size_t i = 0; fits && i < data.size(); ++i) {
    fits = i == axis || indices[i] <= data[i];
  }
  if (!fits) {
    node.fail(ErrorCode::invalid_graph,
              concat({"data ", data, ", indices ", indices, " and updates ", node.shape(2),
                      " do not fit together"}));
  }
  node.set_output(0, node.input(0).type, data);
}

std::unique_ptr<Step> prepare_scatter_elements(const NodeView& node, const PlanContext&) {
  return with_wide_number(node, {0b101U, true}, [&](auto element) -> std::unique_ptr<Step> {
    return std::make_unique<ScatterElementsStep<decltype(element)>>(node);
  });
}

}  // namespace

const Operator& ScatterElements_operator() {
  static const Operator op{3,
                           3,
                           1,
                           {"axis", "reduction"},
                           LayoutRule::row_major,
                           infer_scatter_elements,
                           prepare_scatter_elements,
                           kNumbers | kBoolean};
  return op;
}

const Operator& ScatterND_operator() {
  static const Operator op{3,
                           3,
                           1,
                           {"reduction"},
                           LayoutRule::row_major,
                           infer_scatter_nd,
                           prepare_scatter_nd,
                           kNumbers | kBoolean};
  return op;
}

}  // namespace octavo::ops
