#include "runtime/ops/conv_grid.hpp"
#include "runtime/ops/conv_steps.hpp"
#include "runtime/ops/packed_weights.hpp"
#include "runtime/ops/product.hpp"
#include "runtime/ops/product_weights.hpp"
#include "runtime/ops/quantized_input.hpp"

namespace octavo::ops {
namespace {

class Int8Conv final : public ProductStep {
 public:
  Int8Conv(const NodeView& node, const PlanContext& context)
      : kernels_(*context.kernels),
        shape_(node),
        merge_(shape_.lines_contiguous()),
        gathered_(ProductWeights(node).gathered()),
        weights_(int8_weights(node, context,
                              gathered_ ? ProductWeights(node).shape() : shape_.weights(merge_))),
        epilogue_(node),
        input_(node, context, shape_),
        grid_(make_grid(shape_, context.threads)) {}

  void run(const StepMemory& memory, Workers& workers) override {
    const auto [quantization, a] = input_.quantize(memory, workers);
    kernels::Int8Product product;
    product.a = a;
    product.rows = shape_.row_map(true, merge_);
    product.gathered = gathered_ ? shape_.weights(merge_).depth : 0;
    product.quantization = quantization.data();
    product.rows_per_range = shape_.rows() / quantization.size();
    product.activation = epilogue_.activation();
    product.addend = addend_of(memory);
    product.out = memory.output<float>(0);
    product.out_stride = static_cast<std::size_t>(shape_.out_channels);
    kernels::Extrema extrema;
    for (std::size_t g = 0; g < weights_->int8.size(); ++g) {
      const std::size_t column = g * shape_.group_columns();
      kernels::Int8Product part = product;
      part.a += g * shape_.group_channels();
      part.out += column;
      if (part.addend != nullptr) part.addend += column;
      weights_->int8[g].bind(part);
      part.b_scales = weights_->scales.data() + column;
      part.bias = epilogue_.bias() ? epilogue_.bias() + column : nullptr;
      extrema.merge(grid_.run(workers, [&](const kernels::Tile& tile, std::size_t) noexcept {
        return kernels_.int8_product(part, tile);
      }));
    }
    memory.give_extrema(extrema);
  }

  [[nodiscard]] std::size_t scratch_bytes() const override { return input_.scratch_bytes(); }
  [[nodiscard]] bool takes_extrema() const override { return input_.takes_extrema(); }
  [[nodiscard]] std::size_t weight_bytes() const override { return weights_->bytes(); }
  [[nodiscard]] Precision precision() const override { return Precision::int8; }
  [[nodiscard]] std::string kernel() const override {
    return describe_methods(weights_->int8.front()) + (gathered_ ? ", gathered" : "");
  }

 private:
  const kernels::KernelTable& kernels_;
  ConvShape shape_;
  bool merge_;
  bool gathered_;
  SharedWeights weights_;
  ProductEpilogue epilogue_;
  QuantizedInput input_;
  TileGrid grid_;
};

}  // namespace

std::unique_ptr<Step> make_direct_int8_conv(const NodeView& node, const PlanContext& context) {
  return std::make_unique<Int8Conv>(node, context);
}
}  // namespace octavo::ops
