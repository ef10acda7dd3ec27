#include <cmath>
#include <functional>

#include "runtime/ops/element_type.hpp"
#include "runtime/ops/elementwise.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/ranges.hpp"
#include "runtime/ops/strided_copy.hpp"
#include "runtime/ops/widened.hpp"

/// Comparisons, logic on booleans, and choosing by them.
namespace octavo::ops {
namespace {

constexpr auto kAnd = [](bool x, bool y) { return x && y; };
constexpr auto kOr = [](bool x, bool y) { return x || y; };
constexpr auto kXor = [](bool x, bool y) { return x != y; };

template <class T>
BroadcastRow comparison(Op op) {
  switch (op) {
    case Op::Equal:
      return broadcast_row<T, T, bool, std::equal_to<T>>;
    case Op::Less:
      return broadcast_row<T, T, bool, std::less<T>>;
    case Op::LessOrEqual:
      return broadcast_row<T, T, bool, std::less_equal<T>>;
    case Op::Greater:
      return broadcast_row<T, T, bool, std::greater<T>>;
    default:
      return broadcast_row<T, T, bool, std::greater_equal<T>>;
  }
}

void infer_pair(InferContext& node) {
  node.require_type(1, node.input(0).type);
  node.set_output(0, DataType::boolean, broadcast(node, node.shape(0), node.shape(1)));
}

std::unique_ptr<Step> prepare_comparison(const NodeView& node, const PlanContext&) {
  return with_wide_number(node, {.output = false}, [&](auto element) {
    return make_broadcast_step(node, comparison<decltype(element)>(node.node().op));
  });
}

std::unique_ptr<Step> prepare_logic(const NodeView& node, const PlanContext&) {
  switch (node.node().op) {
    case Op::And:
      return make_broadcast_step(node, broadcast_row<bool, bool, bool, decltype(kAnd)>);
    case Op::Or:
      return make_broadcast_step(node, broadcast_row<bool, bool, bool, decltype(kOr)>);
    default:
      return make_broadcast_step(node, broadcast_row<bool, bool, bool, decltype(kXor)>);
  }
}

const Operator& comparison_operator() {
  static const Operator op{
      2, 2, 1, {}, LayoutRule::elementwise, infer_pair, prepare_comparison, kNumbers | kBoolean};
  return op;
}

const Operator& logic_operator() {
  static const Operator op{2,       2, 1, {}, LayoutRule::elementwise, infer_pair, prepare_logic,
                           kBoolean};
  return op;
}

void infer_test(InferContext& node) {
  node.set_output(0, DataType::boolean, node.shape(0));
}

/// Not, IsNaN and IsInf; alpha and beta tell whether negative and positive infinity count.
std::unique_ptr<Step> prepare_test(const NodeView& node, const PlanContext&) {
  constexpr auto kNot = [](bool x, float, float) { return !x; };
  constexpr auto kIsNaN = [](float x, float, float) { return std::isnan(x); };
  constexpr auto kIsInfinite = [](float x, float negative, float positive) {
    return std::isinf(x) && (x < 0.0F ? negative : positive) != 0.0F;
  };
  switch (node.node().op) {
    case Op::Not:
      return make_map_step(node, map_row<bool, bool, decltype(kNot)>);
    case Op::IsNaN:
      return make_map_step(node, map_row<float, bool, decltype(kIsNaN)>);
    default:
      return make_map_step(node, map_row<float, bool, decltype(kIsInfinite)>,
                           static_cast<float>(node.integer("detect_negative", 1)),
                           static_cast<float>(node.integer("detect_positive", 1)));
  }
}

using WhereLoops = StridedLoops<3>;

template <class T>
class WhereStep final : public Step {
 public:
  explicit WhereStep(const NodeView& node)
      : loops_(broadcast_loops<3>(node, {node.shape(0), node.shape(1), node.shape(2)},
                                  node.output(0).shape)) {}

  void run(const StepMemory& memory, Workers& workers) override {
    const WhereLoops::Loop& inner = loops_.inner();
    const auto n = static_cast<std::size_t>(inner.extent);
    for_ranges(workers, loops_.rows(), n, [&](std::size_t begin, std::size_t end) {
      loops_.for_rows(begin, end, [&](std::size_t row, const WhereLoops::Offsets& offsets) {
        const bool* condition = memory.input<bool>(0) + offsets[0];
        const T* yes = memory.input<T>(1) + offsets[1];
        const T* no = memory.input<T>(2) + offsets[2];
        T* out = memory.output<T>(0) + row * n;
        const auto& step = inner.strides;
        for (std::int64_t i = 0; i < inner.extent; ++i) {
          out[i] = condition[i * step[0]] ? yes[i * step[1]] : no[i * step[2]];
        }
      });
    });
  }
  [[nodiscard]] std::string kernel() const override { return "copy"; }

 private:
  WhereLoops loops_;
};

void infer_where(InferContext& node) {
  node.require_type(0, DataType::boolean);
  node.require_type(2, node.input(1).type);
  const Shape common = broadcast(node, node.shape(1), node.shape(2));
  node.set_output(0, node.input(1).type, broadcast(node, node.shape(0), common));
}

std::unique_ptr<Step> prepare_where(const NodeView& node, const PlanContext&) {
  return with_bytes(size_of(node.input(1).type), [&](auto element) -> std::unique_ptr<Step> {
    return std::make_unique<WhereStep<decltype(element)>>(node);
  });
}

}  // namespace

const Operator& And_operator() {
  return logic_operator();
}
const Operator& Equal_operator() {
  return comparison_operator();
}
const Operator& Greater_operator() {
  return comparison_operator();
}
const Operator& GreaterOrEqual_operator() {
  return comparison_operator();
}
const Operator& IsInf_operator() {
  static const Operator op{
      1,          1,           1, {"detect_negative", "detect_positive"}, LayoutRule::elementwise,
      infer_test, prepare_test};
  return op;
}
const Operator& IsNaN_operator() {
  static const Operator op{1, 1, 1, {}, LayoutRule::elementwise, infer_test, prepare_test};
  return op;
}
const Operator& Less_operator() {
  return comparison_operator();
}
const Operator& LessOrEqual_operator() {
  return comparison_operator();
}
const Operator& Not_operator() {
  static const Operator op{1,       1, 1, {}, LayoutRule::elementwise, infer_test, prepare_test,
                           kBoolean};
  return op;
}
const Operator& Or_operator() {
  return logic_operator();
}
const Operator& Where_operator() {
  static const Operator op{3,       3, 1, {}, LayoutRule::elementwise, infer_where, prepare_where,
                           kAnyType};
  return op;
}
const Operator& Xor_operator() {
  return logic_operator();
}

}  // namespace octavo::ops
