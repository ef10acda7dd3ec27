#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "runtime/ops/conv_steps.hpp"
#include "runtime/ops/packed_weights.hpp"
#include "runtime/ops/product.hpp"
#include "runtime/ops/quantized_input.hpp"
#include "runtime/ops/tile_grid.hpp"

namespace octavo::ops {
namespace {

/// The same convolution with the padding below and to the right that whole tiles read.
ConvShape with_whole_tiles(ConvShape shape, std::size_t tile_size) {
  const auto tile = static_cast<std::int64_t>(tile_size);
  const auto rounding = [&](std::int64_t extent) { return (tile - extent % tile) % tile; };
  shape.pad_bottom += rounding(shape.out_height);
  shape.pad_right += rounding(shape.out_width);
  return shape;
}

/// Splits a product's tiles over the threads.
template <class Product>
TileGrid make_winograd_grid(const ConvShape& shape, const Product& product, std::size_t threads) {
  return {static_cast<std::size_t>(shape.images) * product.tiles_y() * product.tiles_x(),
          shape.weights(false).panels(), shape.macs(), threads,
          TileGrid::Split{.min_rows = 12, .row_multiple = 1, .tiles_per_thread = 1}};
}

std::string winograd_kernel(const char* precision, std::size_t tile_size) {
  const std::string size = std::to_string(tile_size);
  return precision + (" winograd " + size) + "x" + size;
}

class WinogradConv final : public ProductStep {
 public:
  WinogradConv(const NodeView& node, const PlanContext& context, SharedWeights weights)
      : kernels_(*context.kernels),
        shape_(with_whole_tiles(ConvShape(node), weights->winograd->tile_size())),
        weights_(std::move(weights)),
        epilogue_(node),
        input_(node, context, shape_) {
    weights_->winograd->bind(product_);
    product_.rows = shape_.row_map(true, false);
    product_.b_scales = weights_->scales.data();
    product_.bias = epilogue_.bias();
    product_.activation = epilogue_.activation();
    product_.out_stride = shape_.group_columns();
    grid_.emplace(make_winograd_grid(shape_, product_, context.threads));
  }

  void run(const StepMemory& memory, Workers& workers) override {
    const auto [quantization, a] = input_.quantize(memory, workers);
    product_.a = a;
    product_.quantization = quantization.data();
    product_.images_per_range = static_cast<std::size_t>(shape_.images) / quantization.size();
    product_.out = memory.output<float>(0);
    product_.addend = addend_of(memory);
    std::byte* workspaces = memory.scratch + workspace_offset();
    memory.give_extrema(
        grid_->run(workers, [&](const kernels::Tile& tile, std::size_t index) noexcept {
          return kernels_.winograd_product(product_, tile,
                                           workspaces + index * product_.workspace_bytes());
        }));
  }

  [[nodiscard]] std::size_t scratch_bytes() const override {
    return workspace_offset() + grid_->size() * product_.workspace_bytes();
  }
  [[nodiscard]] bool takes_extrema() const override { return input_.takes_extrema(); }
  [[nodiscard]] std::size_t weight_bytes() const override { return weights_->bytes(); }
  [[nodiscard]] Precision precision() const override { return Precision::int8; }
  [[nodiscard]] std::string kernel() const override {
    return winograd_kernel("int8", product_.tile_size);
  }

 private:
  /// Behind the quantized input, on a cache line.
  [[nodiscard]] std::size_t workspace_offset() const {
    return (input_.scratch_bytes() + 63) / 64 * 64;
  }

  const kernels::KernelTable& kernels_;
  ConvShape shape_;
  SharedWeights weights_;
  ProductEpilogue epilogue_;
  QuantizedInput input_;
  kernels::WinogradProduct product_;
  std::optional<TileGrid> grid_;
};

class FloatWinogradConv final : public ProductStep {
 public:
  FloatWinogradConv(const NodeView& node, const PlanContext& context)
      : kernels_(*context.kernels),
        shape_(node),
        weights_(float_winograd_weights(node, context)),
        epilogue_(node) {
    weights_->float_winograd->bind(product_);
    product_.rows = shape_.row_map(false, false);
    product_.bias = epilogue_.bias();
    product_.activation = epilogue_.activation();
    product_.out_stride = shape_.group_columns();
    grid_.emplace(make_winograd_grid(shape_, product_, context.threads));
  }

  void run(const StepMemory& memory, Workers& workers) override {
    product_.a = memory.input<float>(0);
    product_.out = memory.output<float>(0);
    product_.addend = addend_of(memory);
    memory.give_extrema(
        grid_->run(workers, [&](const kernels::Tile& tile, std::size_t index) noexcept {
          return kernels_.float_winograd_product(
              product_, tile, memory.scratch + index * product_.workspace_bytes());
        }));
  }

  [[nodiscard]] std::size_t scratch_bytes() const override {
    return grid_->size() * product_.workspace_bytes();
  }
  [[nodiscard]] std::size_t weight_bytes() const override { return weights_->bytes(); }
  [[nodiscard]] std::string kernel() const override {
    return winograd_kernel("float32", product_.tile_size);
  }

 private:
  const kernels::KernelTable& kernels_;
  ConvShape shape_;
  SharedWeights weights_;
  ProductEpilogue epilogue_;
  kernels::FloatWinogradProduct product_;
  std::optional<TileGrid> grid_;
};

}  // namespace

std::unique_ptr<Step> make_float_winograd_conv(const NodeView& node, const PlanContext& context) {
  return std::make_unique<FloatWinogradConv>(node, context);
}

std::unique_ptr<Step> make_winograd_conv(const NodeView& node, const PlanContext& context) {
  auto weights = winograd_weights(node, context);
  if (!weights->winograd) return nullptr;
  return std::make_unique<WinogradConv>(node, context, std::move(weights));
}

}  // namespace octavo::ops
