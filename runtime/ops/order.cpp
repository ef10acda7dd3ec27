#include <algorithm>
#include <functional>
#include <numeric>

#include "runtime/concat.hpp"
#include "runtime/ops/axes.hpp"
#include "runtime/ops/element_type.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/ranges.hpp"
#include "runtime/ops/widened.hpp"

/// Operators that compare the elements along an axis.
namespace octavo::ops {
namespace {

AxisExtents extents_of(const NodeView& node, std::int64_t default_axis) {
  const Shape& shape = node.shape(0);
  return {shape, node.axis(node.integer("axis", default_axis), shape.size())};
}

/// The position of the largest or smallest element along an axis.
template <class T>
class ArgStep final : public Step {
 public:
  explicit ArgStep(const NodeView& node)
      : extents_(extents_of(node, 0)),
        largest_(node.node().op == Op::ArgMax),
        last_(node.integer("select_last_index", 0) != 0) {}

  void run(const StepMemory& memory, Workers& workers) override {
    const auto& [outer, n, inner] = extents_;
    const T* x = memory.input<T>(0);
    auto* out = memory.output<std::int64_t>(0);
    for_ranges(workers, outer * inner, n, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        out[i] = find(x + i / extents_.inner * extents_.n * extents_.inner + i % extents_.inner);
      }
    });
  }
  [[nodiscard]] std::string kernel() const override { return kernel_name<T>(); }

 private:
  [[nodiscard]] std::int64_t find(const T* x) const {
    std::size_t best = 0;
    for (std::size_t k = 1; k < extents_.n; ++k) {
      const T found = x[k * extents_.inner];
      const T so_far = x[best * extents_.inner];
      if ((largest_ ? found > so_far : found < so_far) || (last_ && found == so_far)) best = k;
    }
    return static_cast<std::int64_t>(best);
  }

  AxisExtents extents_;
  bool largest_, last_;
};

void infer_arg(InferContext& node) {
  const Shape& shape = node.shape(0);
  const std::int64_t axis = node.integer("axis", 0);
  if (shape[node.axis(axis, shape.size())] == 0) {
    node.fail(ErrorCode::invalid_graph,
              concat({"input 0 has shape ", shape, ", which has no elements along axis ", axis}));
  }
  node.set_output(0, DataType::int64,
                  reduced_shape(shape, axis_flags(node, {axis}, shape.size()),
                                node.integer("keepdims", 1) != 0));
}

std::unique_ptr<Step> prepare_arg(const NodeView& node, const PlanContext&) {
  return with_wide_number(node, {1U, false}, [&](auto element) -> std::unique_ptr<Step> {
    return std::make_unique<ArgStep<decltype(element)>>(node);
  });
}

/// The k largest or smallest elements, the first of equal ones first; always sorted.
template <class T>
class TopKStep final : public Step {
 public:
  TopKStep(const NodeView& node, std::size_t k)
      : extents_(extents_of(node, -1)), k_(k), largest_(node.integer("largest", 1) != 0) {}

  void run(const StepMemory& memory, Workers&) override {
    auto* order = reinterpret_cast<std::uint32_t*>(memory.scratch);
    const auto& [outer, n, inner] = extents_;
    for (std::size_t i = 0; i < outer * inner; ++i) {
      const T* x = memory.input<T>(0) + i / inner * n * inner + i % inner;
      const auto before = [&](std::uint32_t a, std::uint32_t b) {
        const T left = x[a * extents_.inner];
        const T right = x[b * extents_.inner];
        return left == right ? a < b : largest_ ? left > right : left < right;
      };
      std::iota(order, order + n, std::uint32_t{0});
      std::partial_sort(order, order + k_, order + n, before);
      const std::size_t to = i / inner * k_ * inner + i % inner;
      for (std::size_t j = 0; j < k_; ++j) {
        memory.output<T>(0)[to + j * inner] = x[order[j] * inner];
        if (memory.outputs.size() > 1 && memory.outputs[1] != nullptr) {
          memory.output<std::int64_t>(1)[to + j * inner] = order[j];
        }
      }
    }
  }
  [[nodiscard]] std::size_t scratch_bytes() const override {
    return extents_.n * sizeof(std::uint32_t);
  }
  [[nodiscard]] std::string kernel() const override { return kernel_name<T>(); }

 private:
  AxisExtents extents_;
  std::size_t k_;
  bool largest_;
};

std::int64_t k_of(const NodeView& node) {
  const Shape& shape = node.shape(0);
  const std::int64_t n = shape[node.axis(node.integer("axis", -1), shape.size())];
  const std::vector<std::int64_t> k = node.require_integers(1, "K");
  constexpr std::int64_t kLongest = std::int64_t{1} << 32U;
  if (k.size() != 1 || k[0] < 0 || k[0] > n || n >= kLongest) {
    node.fail(ErrorCode::invalid_graph,
              concat({"K is ", Shape(k), ", expected one number from 0 to ", n}));
  }
  return k[0];
}

void infer_top_k(InferContext& node) {
  Shape shape = node.shape(0);
  shape[node.axis(node.integer("axis", -1), shape.size())] = k_of(node);
  node.set_output(0, node.input(0).type, shape);
  if (node.has_output(1)) node.set_output(1, DataType::int64, std::move(shape));
}

std::unique_ptr<Step> prepare_top_k(const NodeView& node, const PlanContext&) {
  return with_wide_number(node, {1U, true}, [&](auto element) -> std::unique_ptr<Step> {
    return std::make_unique<TopKStep<decltype(element)>>(node,
                                                         static_cast<std::size_t>(k_of(node)));
  });
}

/// Running sums along an axis.
template <class T>
class CumSumStep final : public Step {
 public:
  CumSumStep(const NodeView& node, const AxisExtents& extents)
      : extents_(extents),
        exclusive_(node.integer("exclusive", 0) != 0),
        reverse_(node.integer("reverse", 0) != 0) {}

  void run(const StepMemory& memory, Workers&) override {
    using Sum = std::conditional_t<std::is_floating_point_v<T>, double, std::uint64_t>;
    const auto& [outer, n, inner] = extents_;
    for (std::size_t i = 0; i < outer * inner; ++i) {
      const std::size_t first = i / inner * n * inner + i % inner;
      Sum sum = 0;
      for (std::size_t k = 0; k < n; ++k) {
        const std::size_t at = first + (reverse_ ? n - 1 - k : k) * inner;
        const auto x = static_cast<Sum>(memory.input<T>(0)[at]);
        memory.output<T>(0)[at] = static_cast<T>(exclusive_ ? sum : sum + x);
        sum += x;
      }
    }
  }
  [[nodiscard]] std::string kernel() const override { return kernel_name<T>(); }

 private:
  AxisExtents extents_;
  bool exclusive_, reverse_;
};

std::size_t sum_axis(const NodeView& node) {
  const std::vector<std::int64_t> axis = node.require_integers(1, "axis");
  if (axis.size() != 1) {
    node.fail(ErrorCode::invalid_graph, concat({"axis has ", axis.size(), " elements"}));
  }
  return node.axis(axis[0], node.shape(0).size());
}

void infer_cum_sum(InferContext& node) {
  static_cast<void>(sum_axis(node));
  node.set_output(0, node.input(0).type, node.shape(0));
}

std::unique_ptr<Step> prepare_cum_sum(const NodeView& node, const PlanContext&) {
  return with_wide_number(node, {1U, true}, [&](auto element) -> std::unique_ptr<Step> {
    return std::make_unique<CumSumStep<decltype(element)>>(
        node, AxisExtents(node.shape(0), sum_axis(node)));
  });
}

const Operator& arg_operator() {
  static const Operator op{1,
                           1,
                           1,
                           {"axis", "keepdims", "select_last_index"},
                           LayoutRule::row_major,
                           infer_arg,
                           prepare_arg,
                           kNumbers};
  return op;
}

}  // namespace

const Operator& ArgMax_operator() {
  return arg_operator();
}

const Operator& ArgMin_operator() {
  return arg_operator();
}

const Operator& CumSum_operator() {
  static const Operator op{2,
                           2,
                           1,
                           {"exclusive", "reverse"},
                           LayoutRule::row_major,
                           infer_cum_sum,
                           prepare_cum_sum,
                           kNumbers};
  return op;
}

const Operator& TopK_operator() {
  static const Operator op{2,
                           2,
                           2,
                           {"axis", "largest", "sorted"},
                           LayoutRule::row_major,
                           infer_top_k,
                           prepare_top_k,
                           kNumbers};
  return op;
}

}  // namespace octavo::ops
