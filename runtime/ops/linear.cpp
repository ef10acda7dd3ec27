#include <array>
#include <limits>
#include <optional>

#include "kernels/packing.hpp"
#include "runtime/ops/dynamic_quantizer.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/product.hpp"
#include "runtime/ops/tile_grid.hpp"

namespace octavo::ops {
namespace {

/// x [..., depth], weight [columns, depth], bias [columns] -> [..., columns].
struct LinearShape {
  std::size_t rows = 1;
  std::size_t depth;
  std::size_t columns;

  explicit LinearShape(const NodeView& node)
      : depth(static_cast<std::size_t>(node.shape(1)[1])),
        columns(static_cast<std::size_t>(node.shape(1)[0])) {
    const Shape& x = node.shape(0);
    for (std::size_t i = 0; i + 1 < x.size(); ++i) rows *= static_cast<std::size_t>(x[i]);
  }

  [[nodiscard]] kernels::WeightShape weights() const { return {columns, 1, depth}; }
  [[nodiscard]] std::uint64_t macs() const { return std::uint64_t{rows} * depth * columns; }
  [[nodiscard]] kernels::RowMap row_map() const {
    return kernels::RowMap::matrix(static_cast<std::int64_t>(rows),
                                   static_cast<std::int64_t>(depth));
  }
};

class FloatLinear final : public Step {
 public:
  FloatLinear(const NodeView& node, const PlanContext& context)
      : kernels_(*context.kernels),
        shape_(node),
        weights_(float_weights_in_kernel_order(node), shape_.weights()),
        epilogue_(node),
        grid_(shape_.rows, shape_.weights().panels(), shape_.macs(), context.threads) {}

  void run(const StepMemory& memory, Workers& workers) override {
    kernels::FloatProduct product;
    product.a = memory.input<float>(0);
    product.rows = shape_.row_map();
    weights_.bind(product);
    product.bias = epilogue_.bias();
    product.activation = epilogue_.activation();
    product.out = memory.output<float>(0);
    product.out_stride = shape_.columns;
    *memory.output_extrema = grid_.run(workers, [&](const kernels::Tile& tile) noexcept {
      return kernels_.float_product(product, tile);
    });
  }

  [[nodiscard]] std::size_t weight_bytes() const override { return weights_.bytes(); }
  [[nodiscard]] bool gives_extrema() const override { return true; }

 private:
  const kernels::KernelTable& kernels_;
  LinearShape shape_;
  kernels::PackedFloat weights_;
  ProductEpilogue epilogue_;
  TileGrid grid_;
};

class Int8Linear final : public Step {
 public:
  Int8Linear(const NodeView& node, const PlanContext& context)
      : kernels_(*context.kernels),
        shape_(node),
        weights_(int8_weights_in_kernel_order(node), shape_.weights()),
        epilogue_(node),
        quantizer_(context, node.input(0).name, shape_.rows, shape_.depth),
        grid_(shape_.rows, shape_.weights().panels(), shape_.macs(), context.threads) {}

  void run(const StepMemory& memory, Workers& workers) override {
    const auto* x = memory.input<float>(0);
    auto* quantized = reinterpret_cast<std::uint8_t*>(memory.scratch + quantizer_.scratch_bytes());
    const auto quantization = quantizer_.choose(x, memory.input_extrema, memory.scratch, workers);
    quantize_lines(kernels_, x, shape_.rows, shape_.depth, quantization, quantized, workers);

    kernels::Int8Product product;
    product.a = quantized;
    product.rows = shape_.row_map();
    weights_.bind(product);
    product.quantization = quantization.data();
    product.rows_per_range = shape_.rows / quantization.size();
    product.b_scales = epilogue_.weight_scales();
    product.bias = epilogue_.bias();
    product.activation = epilogue_.activation();
    product.out = memory.output<float>(0);
    product.out_stride = shape_.columns;
    *memory.output_extrema = grid_.run(workers, [&](const kernels::Tile& tile) noexcept {
      return kernels_.int8_product(product, tile);
    });
  }

  [[nodiscard]] std::size_t scratch_bytes() const override {
    return quantizer_.scratch_bytes() + shape_.rows * shape_.depth + kernels::kReadSlack;
  }
  [[nodiscard]] std::size_t weight_bytes() const override { return weights_.bytes(); }
  [[nodiscard]] bool gives_extrema() const override { return true; }
  [[nodiscard]] Precision precision() const override { return Precision::int8; }
  [[nodiscard]] std::string kernel() const override { return describe_methods(weights_.methods()); }

 private:
  const kernels::KernelTable& kernels_;
  LinearShape shape_;
  kernels::PackedInt8 weights_;
  ProductEpilogue epilogue_;
  DynamicQuantizer quantizer_;
  TileGrid grid_;
};

void infer_linear(InferContext& node) {
  node.require_type(0, DataType::float32);
  node.require_rank(1, 2);
  const Shape& x = node.shape(0);
  const Shape& weight = node.shape(1);
  if (x.empty() || x.back() != weight[1]) {
    node.fail(ErrorCode::invalid_graph, "input '" + node.input(0).name + "' of shape " +
                                            to_string(x) + " does not end in the depth of weight " +
                                            to_string(weight));
  }
  check_product_constants(node);
  Shape shape = x;
  shape.back() = weight[0];
  node.set_output(0, DataType::float32, std::move(shape));
}

std::unique_ptr<Step> prepare_linear(const NodeView& node, const PlanContext& context) {
  if (context.precision == Precision::int8) return std::make_unique<Int8Linear>(node, context);
  return std::make_unique<FloatLinear>(node, context);
}

}  // namespace

const Operator& Linear_operator() {
  static const Operator op{.min_inputs = 2,
                           .max_inputs = 4,
                           .max_outputs = 1,
                           .attributes = {"activation", "activation_alpha", "activation_beta"},
                           .layout = LayoutRule::row_major,
                           .infer = infer_linear,
                           .prepare = prepare_linear};
  return op;
}

}  // namespace octavo::ops
