#include <algorithm>
#include <cmath>
#include <type_traits>

#include "runtime/concat.hpp"
#include "runtime/ops/axes.hpp"
#include "runtime/ops/cast.hpp"
#include "runtime/ops/element_type.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/widened.hpp"

/// Tensors made from a few numbers.
namespace octavo::ops {
namespace {

constexpr std::int64_t kMostElements = std::int64_t{1} << 40U;

/// The type that the attribute `dtype` names.
DataType type_attribute(const NodeView& node, DataType otherwise) {
  const auto number = node.integer("dtype", onnx_number_of(otherwise));
  const auto type = type_of_onnx_number(number);
  if (!type || (!contains(kNumbers | kBoolean, *type))) {
    node.fail(ErrorCode::unsupported, concat({"dtype ", number, " is not supported"}));
  }
  return *type;
}

class EyeStep final : public Step {
 public:
  EyeStep(DataType type, const Shape& shape, std::int64_t diagonal)
      : zero_(type, std::int64_t{0}),
        one_(type, std::int64_t{1}),
        rows_(shape[0]),
        columns_(shape[1]),
        diagonal_(diagonal) {}

  void run(const StepMemory& memory, Workers&) override {
    std::byte* out = memory.outputs[0];
    for (std::int64_t row = 0; row < rows_; ++row) {
      for (std::int64_t column = 0; column < columns_; ++column) {
        out = (column - row == diagonal_ ? one_ : zero_).copy_to(out);
      }
    }
  }
  [[nodiscard]] std::string kernel() const override { return "fill"; }

 private:
  Element zero_, one_;
  std::int64_t rows_, columns_, diagonal_;
};

void infer_eye(InferContext& node) {
  node.require_rank(0, 2);
  const DataType own = node.input(0).type;
  const bool number = contains(kNumbers | kBoolean, own);
  node.set_output(0, type_attribute(node, number ? own : DataType::float32), node.shape(0));
}

std::unique_ptr<Step> prepare_eye(const NodeView& node, const PlanContext&) {
  return std::make_unique<EyeStep>(node.output(0).type, node.shape(0), node.integer("k", 0));
}

template <class T>
class RangeStep final : public Step {
 public:
  RangeStep(T start, T step, std::size_t count) : start_(start), step_(step), count_(count) {}

  void run(const StepMemory& memory, Workers&) override {
    using Wide = std::conditional_t<std::is_integral_v<T>, std::uint64_t, T>;
    T* out = memory.output<T>(0);
    for (std::size_t i = 0; i < count_; ++i) {
      out[i] = static_cast<T>(static_cast<Wide>(start_) +
                              static_cast<Wide>(i) * static_cast<Wide>(step_));
    }
  }
  [[nodiscard]] std::string kernel() const override { return "fill"; }

 private:
  T start_, step_;
  std::size_t count_;
};

/// A constant input of one element.
template <class T>
T scalar(const NodeView& node, std::size_t index, std::string_view what) {
  const Tensor& tensor = node.require_constant(index, what);
  node.require_type(index, data_type_of<T>());
  if (element_count(tensor.shape) != 1) {
    node.fail(ErrorCode::invalid_graph,
              concat({what, " has shape ", tensor.shape, ", expected one element"}));
  }
  return tensor.as<T>()[0];
}

std::int64_t one_integer(const NodeView& node, std::size_t index, std::string_view what) {
  return node.input(index).type == DataType::int32 ? scalar<std::int32_t>(node, index, what)
                                                   : scalar<std::int64_t>(node, index, what);
}

template <class T>
std::int64_t range_count(const NodeView& node) {
  const auto start = static_cast<double>(scalar<T>(node, 0, "start"));
  const auto limit = static_cast<double>(scalar<T>(node, 1, "limit"));
  const auto step = static_cast<double>(scalar<T>(node, 2, "delta"));
  const double count = std::ceil((limit - start) / step);
  if (!(step != 0.0) || !(count <= static_cast<double>(kMostElements))) {
    node.fail(ErrorCode::invalid_graph,
              concat({"has no range from ", std::to_string(start), " to ", std::to_string(limit),
                      " in steps of ", std::to_string(step)}));
  }
  return static_cast<std::int64_t>(std::max(count, 0.0));
}

template <class Use>
auto with_range_type(DataType type, const Use& use) {
  switch (type) {
    case DataType::int32:
      return use(std::int32_t{});
    case DataType::int64:
      return use(std::int64_t{});
    default:
      return use(float{});
  }
}

void infer_range(InferContext& node) {
  const DataType type = node.input(0).type;
  const std::int64_t count =
      with_range_type(type, [&](auto element) { return range_count<decltype(element)>(node); });
  node.set_output(0, type, {count});
}

std::unique_ptr<Step> prepare_range(const NodeView& node, const PlanContext&) {
  return with_range_type(node.input(0).type, [&](auto element) -> std::unique_ptr<Step> {
    using T = decltype(element);
    return std::make_unique<RangeStep<T>>(scalar<T>(node, 0, "start"), scalar<T>(node, 2, "delta"),
                                          element_count(node.output(0).shape));
  });
}

/// values[1] where the position along the new axis is the index, else values[0]; an index outside
/// of [-depth, depth) has no such position.
template <class Index>
class OneHotStep final : public Step {
 public:
  OneHotStep(const NodeView& node, std::size_t axis)
      : extents_(node.output(0).shape, axis), bytes_(size_of(node.output(0).type)) {}

  void run(const StepMemory& memory, Workers&) override {
    const auto& [outer, n, inner] = extents_;
    const auto depth = static_cast<double>(n);
    std::byte* out = memory.outputs[0];
    for (std::size_t i = 0; i < outer; ++i) {
      for (std::size_t k = 0; k < n; ++k) {
        for (std::size_t j = 0; j < inner; ++j) {
          const auto index = static_cast<double>(memory.input<Index>(0)[i * inner + j]);
          const bool hot = (index < 0.0 ? index + depth : index) == static_cast<double>(k);
          out = std::copy_n(memory.inputs[2] + (hot ? bytes_ : 0), bytes_, out);
        }
      }
    }
  }
  [[nodiscard]] std::string kernel() const override { return "fill"; }

 private:
  AxisExtents extents_;
  std::size_t bytes_;
};

std::size_t one_hot_axis(const NodeView& node) {
  return node.axis(node.integer("axis", -1), node.shape(0).size() + 1);
}

void infer_one_hot(InferContext& node) {
  const std::int64_t depth = node.input(1).type == DataType::float32
                                 ? convert<std::int64_t>(scalar<float>(node, 1, "depth"))
                                 : one_integer(node, 1, "depth");
  if (depth < 1 || depth > kMostElements || node.shape(2) != Shape{2}) {
    node.fail(ErrorCode::invalid_graph, concat({"depth is ", depth, " and values have shape ",
                                                node.shape(2), ", expected at least 1 and [2]"}));
  }
  Shape shape = node.shape(0);
  shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(one_hot_axis(node)), depth);
  node.set_output(0, node.input(2).type, std::move(shape));
}

std::unique_ptr<Step> prepare_one_hot(const NodeView& node, const PlanContext&) {
  return with_wide_number(node, {1U, false}, [&](auto element) -> std::unique_ptr<Step> {
    return std::make_unique<OneHotStep<decltype(element)>>(node, one_hot_axis(node));
  });
}

}  // namespace

const Operator& EyeLike_operator() {
  static const Operator op{1,         1,           1,       {"dtype", "k"}, LayoutRule::row_major,
                           infer_eye, prepare_eye, kAnyType};
  return op;
}

const Operator& OneHot_operator() {
  static const Operator op{
      3, 3, 1, {"axis"}, LayoutRule::row_major, infer_one_hot, prepare_one_hot, kNumbers};
  return op;
}

const Operator& Range_operator() {
  static const Operator op{3,
                           3,
                           1,
                           {},
                           LayoutRule::row_major,
                           infer_range,
                           prepare_range,
                           type_set({DataType::float32, DataType::int32, DataType::int64})};
  return op;
}

}  // namespace octavo::ops
