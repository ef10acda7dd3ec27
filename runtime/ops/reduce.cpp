#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "runtime/ops/axes.hpp"
#include "runtime/ops/element_type.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/ranges.hpp"
#include "runtime/ops/widened.hpp"

namespace octavo::ops {
namespace {

using Loops = StridedLoops<1>;

/// Sums are formed in double or, modulo 2^64, in the integer's own type.
template <class T>
using Sum = std::conditional_t<std::is_floating_point_v<T>, double, T>;

/// The ends of an element type, infinite for floats.
template <class S>
struct Ends {
  S low, high;

  explicit Ends(DataType type) {
    with_number(type, [&](auto element) {
      using Limits = std::numeric_limits<decltype(element)>;
      low = static_cast<S>(Limits::has_infinity ? -Limits::infinity() : Limits::lowest());
      high = static_cast<S>(Limits::has_infinity ? Limits::infinity() : Limits::max());
    });
  }
};

template <class S>
S initial(Op op, const Ends<S>& ends) {
  switch (op) {
    case Op::ReduceMax:
      return ends.low;
    case Op::ReduceMin:
      return ends.high;
    case Op::ReduceProd:
      return 1;
    default:
      return 0;
  }
}

template <class S, class Combine>
S fold(S sum, const auto* x, std::int64_t n, std::int64_t step, const Combine& combine) {
  for (std::int64_t i = 0; i < n; ++i) sum = combine(sum, static_cast<S>(x[i * step]));
  return sum;
}

/// a + b and a * b, where integers wrap.
template <class S>
S add(S a, S b) {
  if constexpr (std::is_floating_point_v<S>) {
    return a + b;
  } else {
    return static_cast<S>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  }
}
template <class S>
S times(S a, S b) {
  if constexpr (std::is_floating_point_v<S>) {
    return a * b;
  } else {
    return static_cast<S>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
  }
}

/// Takes a row of n elements into `sum`; `shift` is the maximum that ReduceLogSumExp subtracts.
template <class T>
Sum<T> accumulate(Op op, Sum<T> sum, const T* x, std::int64_t n, std::int64_t step, Sum<T> shift) {
  using S = Sum<T>;
  switch (op) {
    case Op::ReduceMax:
      return fold(sum, x, n, step, [](S a, S b) { return b > a || b != b ? b : a; });
    case Op::ReduceMin:
      return fold(sum, x, n, step, [](S a, S b) { return b < a || b != b ? b : a; });
    case Op::ReduceProd:
      return fold(sum, x, n, step, times<S>);
    case Op::ReduceL1:
      return fold(sum, x, n, step, [](S a, S b) {
        return b < S{0} ? add(a, times(b, static_cast<S>(-1))) : add(a, b);
      });
    case Op::ReduceL2:
    case Op::ReduceSumSquare:
      return fold(sum, x, n, step, [](S a, S b) { return add(a, times(b, b)); });
    case Op::ReduceLogSumExp:
      return fold(sum, x, n, step, [&](S a, S b) {
        return add(a,
                   static_cast<S>(std::exp(static_cast<double>(b) - static_cast<double>(shift))));
      });
    default:
      return fold(sum, x, n, step, add<S>);
  }
}

template <class T>
T finish(Op op, Sum<T> sum, std::size_t count, Sum<T> shift, const Ends<Sum<T>>& ends) {
  if constexpr (std::is_floating_point_v<T>) {
    switch (op) {
      case Op::ReduceMean:
        return static_cast<T>(sum / static_cast<double>(count));
      case Op::ReduceL2:
        return static_cast<T>(std::sqrt(sum));
      case Op::ReduceLogSum:
        return static_cast<T>(std::log(sum));
      case Op::ReduceLogSumExp:
        return static_cast<T>(std::log(sum) + shift);
      default:
        return static_cast<T>(sum);
    }
  } else {
    const auto real = static_cast<double>(sum);
    switch (op) {
      case Op::ReduceMean:
        return count == 0 ? T{0} : sum / static_cast<T>(count);
      case Op::ReduceL2:
        return std::clamp(convert<T>(std::sqrt(real)), ends.low, ends.high);
      case Op::ReduceLogSum:
        return std::clamp(convert<T>(std::log(real)), ends.low, ends.high);
      default:
        return sum;
    }
  }
}

template <class T>
class ReduceStep final : public Step {
 public:
  ReduceStep(const NodeView& node, const std::vector<bool>& reduced)
      : op_(node.node().op),
        ends_(node.input(0).type),
        kept_(loops_over(node, node.shape(0), reduced, false)),
        reduced_(loops_over(node, node.shape(0), reduced, true)),
        results_(element_count(node.output(0).shape)) {}

  void run(const StepMemory& memory, Workers& workers) override {
    const T* x = memory.input<T>(0);
    T* out = memory.output<T>(0);
    if (reduced_.size() == 0) {  // an empty tensor has no positions to walk
      std::fill_n(out, results_, finish<T>(op_, initial(op_, ends_), 0, 0, ends_));
      return;
    }
    for_ranges(workers, results_, reduced_.size(), [&](std::size_t begin, std::size_t end) {
      kept_.for_each(begin, end, [&](std::size_t i, const Loops::Offsets& offsets) {
        out[i] = reduce(x + offsets[0]);
      });
    });
  }
  [[nodiscard]] std::string kernel() const override { return kernel_name<T>(); }

 private:
  [[nodiscard]] T reduce(const T* x) const {
    Sum<T> shift = 0;
    if (op_ == Op::ReduceLogSumExp) {
      shift = total(Op::ReduceMax, x, 0);
      if constexpr (std::is_floating_point_v<T>) {
        if (!std::isfinite(shift)) shift = 0;
      }
    }
    return finish<T>(op_, total(op_, x, shift), reduced_.size(), shift, ends_);
  }

  [[nodiscard]] Sum<T> total(Op op, const T* x, Sum<T> shift) const {
    Sum<T> sum = initial(op, ends_);
    const Loops::Loop& inner = reduced_.inner();
    reduced_.for_rows(0, reduced_.rows(), [&](std::size_t, const Loops::Offsets& offsets) {
      sum = accumulate<T>(op, sum, x + offsets[0], inner.extent, inner.strides[0], shift);
    });
    return sum;
  }

  Op op_;
  Ends<Sum<T>> ends_;
  Loops kept_, reduced_;
  std::size_t results_;
};

/// Which dimensions are reduced: all when no axes are given, unless noop_with_empty_axes says none.
std::vector<bool> reduced_dimensions(const NodeView& node) {
  const std::size_t rank = node.shape(0).size();
  std::vector<std::int64_t> axes;
  if (node.has_input(1)) axes = node.require_integers(1, "axes");
  if (axes.empty()) {
    return std::vector<bool>(rank, node.integer("noop_with_empty_axes", 0) == 0);
  }
  return axis_flags(node, axes, rank);
}

void infer(InferContext& node) {
  const DataType type = node.input(0).type;
  const Op op = node.node().op;
  if (type == DataType::boolean && op != Op::ReduceMax && op != Op::ReduceMin) {
    node.fail(ErrorCode::unsupported, "booleans have a maximum and a minimum only");
  }
  const bool keep = node.integer("keepdims", 1) != 0;
  node.set_output(0, type, reduced_shape(node.shape(0), reduced_dimensions(node), keep));
}

std::unique_ptr<Step> prepare(const NodeView& node, const PlanContext&) {
  return with_wide_number(node, {1U, true}, [&](auto element) -> std::unique_ptr<Step> {
    return std::make_unique<ReduceStep<decltype(element)>>(node, reduced_dimensions(node));
  });
}

const Operator& reduction() {
  static const Operator op{1,
                           2,
                           1,
                           {"keepdims", "noop_with_empty_axes"},
                           LayoutRule::row_major,
                           infer,
                           prepare,
                           kNumbers | kBoolean};
  return op;
}

}  // namespace

const Operator& ReduceL1_operator() {
  return reduction();
}
const Operator& ReduceL2_operator() {
  return reduction();
}
const Operator& ReduceLogSum_operator() {
  return reduction();
}
const Operator& ReduceLogSumExp_operator() {
  return reduction();
}
const Operator& ReduceMax_operator() {
  return reduction();
}
const Operator& ReduceMean_operator() {
  return reduction();
}
const Operator& ReduceMin_operator() {
  return reduction();
}
const Operator& ReduceProd_operator() {
  return reduction();
}
const Operator& ReduceSum_operator() {
  return reduction();
}
const Operator& ReduceSumSquare_operator() {
  return reduction();
}

}  // namespace octavo::ops
