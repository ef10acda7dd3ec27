#include <algorithm>

#include "runtime/concat.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/requantize.hpp"
#include "runtime/ops/window_product.hpp"

/// Convolutions of 8-bit tensors as ONNX writes them: exact in their integers, modulo 2^32.
namespace octavo::ops {
namespace {

/// Where the operands of ConvInteger and QLinearConv are among the inputs.
struct Positions {
  static constexpr std::size_t kInputZero = 2;
  std::size_t weight = 1, weight_zero = 3;

  explicit Positions(Op op) {
    if (op == Op::QLinearConv) {
      weight = 3;
      weight_zero = 5;
    }
  }
};

template <class X>
using Product = WindowProduct<X, std::uint32_t>;

template <class X>
Product<X> product_of(const NodeView& node) {
  const Positions at(node.node().op);
  const Shape& in = node.shape(0);
  const Shape& shape = node.shape(at.weight);
  const auto groups = static_cast<std::size_t>(node.integer("group", 1));
  const std::span<const std::int64_t> spatial(in.begin() + 1, in.end() - 1);
  const std::span<const std::int64_t> kernel(shape.begin() + 2, shape.end());
  const Tensor& weight = node.require_constant(at.weight, "the weight");
  auto weights = with_levels(weight.type, [&](auto level) {
    using W = decltype(level);
    const Tensor* const zeros = node.constant(at.weight_zero);
    const auto load = [&](W w, std::size_t column) {
      std::int32_t zero = 0;
      if (zeros != nullptr) zero = zeros->as<W>()[zeros->as<W>().size() == 1 ? 0 : column];
      return static_cast<std::uint32_t>(w - zero);
    };
    return conv_weights<std::uint32_t>(weight.as<W>().data(), shape, groups, load);
  });
  return {conv_walk(node, spatial_window(node, spatial, kernel)),
          static_cast<std::size_t>(in[0]),
          groups,
          static_cast<std::size_t>(shape[1]),
          static_cast<std::size_t>(shape[0]) / groups,
          std::move(weights)};
}

template <class X>
void run_product(const Product<X>& product, const StepMemory& memory, const std::uint32_t* bias,
                 std::uint32_t* out, Workers& workers) {
  constexpr std::size_t at = Positions::kInputZero;
  const bool given = memory.inputs.size() > at && memory.inputs[at] != nullptr;
  const std::int32_t zero = given ? *memory.input<X>(at) : 0;
  product.run(
      memory.input<X>(0), bias, [&](X x) { return static_cast<std::uint32_t>(x - zero); }, out,
      workers);
}

template <class X>
class ConvIntegerStep final : public Step {
 public:
  explicit ConvIntegerStep(const NodeView& node) : product_(product_of<X>(node)) {}

  void run(const StepMemory& memory, Workers& workers) override {
    run_product(product_, memory, nullptr, memory.output<std::uint32_t>(0), workers);
  }
  [[nodiscard]] std::string kernel() const override { return "integer loops"; }

 private:
  Product<X> product_;
};

/// Inputs: x, its scale and zero point, the weight, its scale and zero point, scale and zero point
/// of the result, and an int32 bias.
template <class X>
class QLinearConvStep final : public Step {
 public:
  explicit QLinearConvStep(const NodeView& node)
      : product_(product_of<X>(node)),
        weight_scales_(element_count(node.shape(4))),
        elements_(element_count(node.output(0).shape)),
        signed_(node.input(7).type == DataType::int8) {}

  void run(const StepMemory& memory, Workers& workers) override {
    auto* sums = reinterpret_cast<std::uint32_t*>(memory.scratch);
    const bool biased = memory.inputs.size() > 8;
    run_product(product_, memory, biased ? memory.input<std::uint32_t>(8) : nullptr, sums, workers);
    if (signed_) {
      write<std::int8_t>(memory, sums);
    } else {
      write<std::uint8_t>(memory, sums);
    }
  }
  [[nodiscard]] std::size_t scratch_bytes() const override {
    return elements_ * sizeof(std::uint32_t);
  }
  [[nodiscard]] std::string kernel() const override { return "integer loops"; }

 private:
  template <class Q>
  void write(const StepMemory& memory, const std::uint32_t* sums) const {
    const Q zero = *memory.input<Q>(7);
    for (std::size_t i = 0; i < elements_; ++i) {
      const std::size_t column = weight_scales_ == 1 ? 0 : i % product_.columns();
      const float factor =
          *memory.input<float>(1) * memory.input<float>(4)[column] / *memory.input<float>(6);
      memory.output<Q>(0)[i] = requantize(sums[i], factor, zero);
    }
  }

  Product<X> product_;
  std::size_t weight_scales_, elements_;
  bool signed_;
};

/// Checks what both operators share and returns the shape of the result.
Shape infer_product(const InferContext& node) {
  const Positions at(node.node().op);
  const Shape& x = node.shape(0);
  const Shape& weight = node.require_constant(at.weight, "the weight").shape;
  const std::int64_t group = node.integer("group", 1);
  static_cast<void>(level_type_of(node, at.weight));
  const bool fits = x.size() >= 3 && weight.size() == x.size() && group >= 1 &&
                    element_count(x) != 0 && element_count(weight) != 0 && x[1] % group == 0 &&
                    weight[0] % group == 0 && x[1] / group == weight[1];
  if (!fits) {
    node.fail(ErrorCode::invalid_graph, concat({"input ", x, ", weight ", weight, " and group ",
                                                group, " do not fit together"}));
  }
  if (node.has_input(Positions::kInputZero)) {
    node.require_type(Positions::kInputZero, node.input(0).type);
    require_elements(node, Positions::kInputZero, 1);
  }
  if (node.has_input(at.weight_zero)) {
    static_cast<void>(node.require_constant(at.weight_zero, "the weight's zero point"));
    node.require_type(at.weight_zero, node.input(at.weight).type);
    require_elements(node, at.weight_zero, weight[0]);
  }
  const std::vector<std::int64_t> kernel(weight.begin() + 2, weight.end());
  if (node.integers("kernel_shape", kernel) != kernel) {
    node.fail(ErrorCode::invalid_graph,
              concat({"kernel_shape differs from that of weight ", weight}));
  }
  const std::span<const std::int64_t> spatial(x.begin() + 2, x.end());
  Shape shape{x[0], weight[0]};
  std::ranges::copy(spatial_window(node, spatial, kernel).output(spatial),
                    std::back_inserter(shape));
  return shape;
}

void infer_conv_integer(InferContext& node) {
  node.set_output(0, DataType::int32, infer_product(node));
}

void infer_qlinear_conv(InferContext& node) {
  Shape shape = infer_product(node);
  for (const std::size_t scale : {1U, 4U, 6U}) node.require_type(scale, DataType::float32);
  require_elements(node, 1, 1);
  require_elements(node, 4, shape[1]);
  require_elements(node, 6, 1);
  require_elements(node, 7, 1);
  if (node.has_input(8)) {
    node.require_type(8, DataType::int32);
    if (node.shape(8) != Shape{shape[1]}) {
      node.fail(ErrorCode::invalid_graph,
                concat({"the bias has shape ", node.shape(8), ", expected ", Shape{shape[1]}}));
    }
  }
  node.set_output(0, level_type_of(node, 7), std::move(shape));
}

template <template <class> class ProductStep>
std::unique_ptr<Step> prepare(const NodeView& node, const PlanContext&) {
  return with_levels(node.input(0).type, [&](auto level) -> std::unique_ptr<Step> {
    return std::make_unique<ProductStep<decltype(level)>>(node);
  });
}

const std::vector<std::string_view> kAttributes{"auto_pad",     "dilations", "group",
                                                "kernel_shape", "pads",      "strides"};

}  // namespace

const Operator& ConvInteger_operator() {
  static const Operator op{2,
                           4,
                           1,
                           kAttributes,
                           LayoutRule::channels_last,
                           infer_conv_integer,
                           prepare<ConvIntegerStep>,
                           kLevels};
  return op;
}

const Operator& QLinearConv_operator() {
  static const Operator op{8,
                           9,
                           1,
                           kAttributes,
                           LayoutRule::channels_last,
                           infer_qlinear_conv,
                           prepare<QLinearConvStep>,
                           kLevels};
  return op;
}

}  // namespace octavo::ops
