#include <algorithm>
#include <variant>

#include "runtime/concat.hpp"
#include "runtime/ops/cast.hpp"
#include "runtime/ops/families.hpp"

namespace octavo::ops {
namespace {

/// Writes what was known while planning. Reads no input.
class DimensionsStep final : public Step {
 public:
  explicit DimensionsStep(std::vector<std::int64_t> values) : values_(std::move(values)) {}

  void run(const StepMemory& memory, Workers&) override {
    std::ranges::copy(values_, memory.output<std::int64_t>(0));
  }
  [[nodiscard]] std::string kernel() const override { return "fill"; }

 private:
  std::vector<std::int64_t> values_;
};

/// The dimensions [start, end) of the input, bounds clamped as in a Python slice.
std::vector<std::int64_t> dimensions(const NodeView& node) {
  const Shape& shape = node.shape(0);
  const auto rank = static_cast<std::int64_t>(shape.size());
  const auto bound = [&](std::string_view attribute, std::int64_t otherwise) {
    const std::int64_t given = node.integer(attribute, otherwise);
    return std::clamp<std::int64_t>(given < 0 ? given + rank : given, 0, rank);
  };
  const std::int64_t start = bound("start", 0);
  const std::int64_t end = std::max(bound("end", rank), start);
  return {shape.begin() + start, shape.begin() + end};
}

void infer_shape(InferContext& node) {
  const auto size = static_cast<std::int64_t>(dimensions(node).size());
  node.set_output(0, DataType::int64, {size});
}

std::unique_ptr<Step> prepare_shape(const NodeView& node, const PlanContext&) {
  return std::make_unique<DimensionsStep>(dimensions(node));
}

void infer_size(InferContext& node) {
  node.set_output(0, DataType::int64, {});
}

std::unique_ptr<Step> prepare_size(const NodeView& node, const PlanContext&) {
  return std::make_unique<DimensionsStep>(
      std::vector{static_cast<std::int64_t>(element_count(node.shape(0)))});
}

/// ConstantOfShape's `value`, an attribute of type tensor in ONNX, is a plain number here: an
/// integer makes an int64 tensor, a real number (the default is 0.0) a float32 one, unless `dtype`
/// names another type.
DataType filled_type(const NodeView& node) {
  const Attributes& attributes = node.node().attributes;
  const auto value = attributes.find("value");
  const bool integer =
      value != attributes.end() && std::holds_alternative<std::int64_t>(value->second);
  const std::int64_t number =
      node.integer("dtype", onnx_number_of(integer ? DataType::int64 : DataType::float32));
  const auto type = type_of_onnx_number(number);
  if (!type || integer == contains(kFloat, *type) || !contains(kNumbers | kBoolean, *type)) {
    node.fail(ErrorCode::unsupported, concat({"dtype ", number, " is not supported"}));
  }
  return *type;
}

void infer_constant_of_shape(InferContext& node) {
  const DataType type = filled_type(node);
  if (type == DataType::float32) static_cast<void>(node.real("value", 0.0F));
  node.set_output(0, type, node.require_integers(0, "shape"));
}

class RepeatStep final : public Step {
 public:
  RepeatStep(const Element& value, std::size_t elements) : value_(value), elements_(elements) {}

  void run(const StepMemory& memory, Workers&) override {
    std::byte* out = memory.outputs[0];
    for (std::size_t i = 0; i < elements_; ++i) out = value_.copy_to(out);
  }
  [[nodiscard]] std::string kernel() const override { return "fill"; }

 private:
  Element value_;
  std::size_t elements_;
};

std::unique_ptr<Step> prepare_constant_of_shape(const NodeView& node, const PlanContext&) {
  const DataType type = filled_type(node);
  const Element value = type == DataType::float32 ? Element(type, node.real("value", 0.0F))
                                                  : Element(type, node.integer("value", 0));
  return std::make_unique<RepeatStep>(value, element_count(node.output(0).shape));
}

}  // namespace

const Operator& ConstantOfShape_operator() {
  static const Operator op{1,
                           1,
                           1,
                           {"dtype", "value"},
                           LayoutRule::row_major,
                           infer_constant_of_shape,
                           prepare_constant_of_shape,
                           type_set({DataType::int32, DataType::int64})};
  return op;
}

const Operator& Shape_operator() {
  static const Operator op{
      1, 1, 1, {"start", "end"}, LayoutRule::row_major, infer_shape, prepare_shape, kAnyType};
  return op;
}

const Operator& Size_operator() {
  static const Operator op{1, 1, 1, {}, LayoutRule::row_major, infer_size, prepare_size, kAnyType};
  return op;
}

}  // namespace octavo::ops
