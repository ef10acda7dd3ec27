#include <algorithm>
#include <cstring>

#include "runtime/ops/conv_grid.hpp"
#include "runtime/ops/conv_steps.hpp"
#include "runtime/ops/packed_weights.hpp"
#include "runtime/ops/padded_copy.hpp"
#include "runtime/ops/product.hpp"

namespace octavo::ops {
namespace {

class FloatConv final : public ProductStep {
 public:
  FloatConv(const NodeView& node, const PlanContext& context)
      : kernels_(*context.kernels),
        shape_(node),
        copy_(copies_input(shape_)),
        merge_(shape_.lines_contiguous() && (copy_ || !shape_.padded())),
        weights_(float_weights(node, context, shape_.weights(merge_))),
        epilogue_(node),
        zeros_(shape_.weights(merge_).depth),
        grid_(make_grid(shape_, context.threads)) {}

  void run(const StepMemory& memory, Workers& workers) override {
    kernels::FloatProduct product;
    product.a = memory.input<float>(0);
    if (copy_) {
      auto* padded = reinterpret_cast<float*>(memory.scratch);
      write_padded(
          shape_, product.a, padded, workers,
          [](float* to, std::size_t n, std::size_t) noexcept { std::fill_n(to, n, 0.0F); },
          [](float* to, const float* from, std::size_t n, std::size_t) noexcept {
            std::memcpy(to, from, n * sizeof(float));
          });
      product.a = padded;
    }
    product.rows = shape_.row_map(copy_, merge_);
    product.zeros = zeros_.data();
    product.activation = epilogue_.activation();
    product.addend = addend_of(memory);
    product.out = memory.output<float>(0);
    product.out_stride = static_cast<std::size_t>(shape_.out_channels);
    kernels::Extrema extrema;
    for (std::size_t g = 0; g < weights_->floats.size(); ++g) {
      kernels::FloatProduct part = product;
      part.a += g * shape_.group_channels();
      part.out += g * shape_.group_columns();
      if (part.addend != nullptr) part.addend += g * shape_.group_columns();
      weights_->floats[g].bind(part);
      part.bias = epilogue_.bias() ? epilogue_.bias() + g * shape_.group_columns() : nullptr;
      extrema.merge(grid_.run(workers, [&](const kernels::Tile& tile, std::size_t) noexcept {
        return kernels_.float_product(part, tile);
      }));
    }
    memory.give_extrema(extrema);
  }

  [[nodiscard]] std::size_t scratch_bytes() const override {
    return copy_ ? shape_.padded_elements() * sizeof(float) + kernels::kReadSlack : 0;
  }
  [[nodiscard]] std::size_t weight_bytes() const override { return weights_->bytes(); }

 private:
  /// Few channels make short segments: there, copying the input once with its padding is cheaper
  /// than walking every kernel tap of every row.
  static bool copies_input(const ConvShape& shape) {
    constexpr std::int64_t kFewChannels = 16;
    return shape.padded() && shape.lines_contiguous() && shape.kernel_width > 1 &&
           shape.in_channels < kFewChannels;
  }

  const kernels::KernelTable& kernels_;
  ConvShape shape_;
  bool copy_;
  bool merge_;
  SharedWeights weights_;
  ProductEpilogue epilogue_;
  kernels::AlignedBuffer<float> zeros_;
  TileGrid grid_;
};

}  // namespace

std::unique_ptr<Step> make_float_conv(const NodeView& node, const PlanContext& context) {
  return std::make_unique<FloatConv>(node, context);
}
}  // namespace octavo::ops
