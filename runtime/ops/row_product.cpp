#include "runtime/ops/row_product.hpp"

#include <algorithm>

#include "runtime/ops/dynamic_quantizer.hpp"
#include "runtime/ops/level_input.hpp"
#include "runtime/ops/packed_weights.hpp"
#include "runtime/ops/product.hpp"
#include "runtime/ops/ranges.hpp"
#include "runtime/ops/tile_grid.hpp"

namespace octavo::ops {
namespace {

kernels::WeightShape weights_of(const RowProductShape& shape) {
  return {shape.columns, 1, shape.depth};
}

kernels::RowMap row_map(const RowProductShape& shape) {
  return kernels::RowMap::matrix(static_cast<std::int64_t>(shape.rows),
                                 static_cast<std::int64_t>(shape.depth));
}

TileGrid make_grid(const RowProductShape& shape, std::size_t threads) {
  const std::uint64_t macs = std::uint64_t{shape.rows} * shape.depth * shape.columns;
  return {shape.rows, weights_of(shape).panels(), macs, threads};
}

class FloatRowProduct final : public ProductStep {
 public:
  FloatRowProduct(const NodeView& node, const PlanContext& context, const RowProductShape& shape)
      : kernels_(*context.kernels),
        shape_(shape),
        weights_(float_weights(node, context, weights_of(shape))),
        epilogue_(node),
        grid_(make_grid(shape, context.threads)) {}

  void run(const StepMemory& memory, Workers& workers) override {
    kernels::FloatProduct product;
    product.a = memory.input<float>(0);
    product.rows = row_map(shape_);
    weights_->floats[0].bind(product);
    product.bias = epilogue_.bias();
    product.activation = epilogue_.activation();
    product.addend = addend_of(memory);
    product.out = memory.output<float>(0);
    product.out_stride = shape_.columns;
    memory.give_extrema(grid_.run(workers, [&](const kernels::Tile& tile, std::size_t) noexcept {
      return kernels_.float_product(product, tile);
    }));
  }

  [[nodiscard]] std::size_t weight_bytes() const override { return weights_->bytes(); }

 private:
  const kernels::KernelTable& kernels_;
  RowProductShape shape_;
  SharedWeights weights_;
  ProductEpilogue epilogue_;
  TileGrid grid_;
};

/// A product of int8 weights with all but its left operand.
kernels::Int8Product begin_product(const StepMemory& memory, const RowProductShape& shape,
                                   const PackedWeights& weights, const ProductEpilogue& epilogue) {
  kernels::Int8Product product;
  product.rows = row_map(shape);
  weights.int8[0].bind(product);
  product.b_scales = weights.scales.data();
  product.bias = epilogue.bias();
  product.activation = epilogue.activation();
  product.addend = addend_of(memory);
  product.out = memory.output<float>(0);
  product.out_stride = shape.columns;
  return product;
}

/// With one range for all rows, each tile quantizes a block of rows right before it multiplies
/// them, so that they are still in the cache. Tiles or steps that share rows find them quantized
/// beforehand.
class Int8RowProduct final : public ProductStep {
 public:
  Int8RowProduct(const NodeView& node, const PlanContext& context, const RowProductShape& shape)
      : kernels_(*context.kernels),
        shape_(shape),
        weights_(int8_weights(node, context, weights_of(shape))),
        epilogue_(node),
        quantizer_(node, context, shape.samples, shape.rows / shape.samples * shape.depth),
        grid_(make_grid(shape, context.threads)),
        block_rows_(std::clamp<std::size_t>(kBlockBytes / shape.depth, kMinBlockRows, shape.rows)),
        by_block_(quantizer_.ranges() == 1 && grid_.splits_rows_only() &&
                  block_rows_ < shape.rows) {}

  void run(const StepMemory& memory, Workers& workers) override {
    kernels::Int8Product product = begin_product(memory, shape_, *weights_, epilogue_);
    if (const SharedLevels* taken = memory.taken_levels; taken != nullptr) {
      product.a = taken->elements;
      product.quantization = &taken->quantization;
      product.rows_per_range = shape_.rows;
      *memory.input_range = taken->record;
      multiply(product, memory, workers);
      return;
    }
    const auto* x = memory.input<float>(0);
    const auto quantization = quantizer_.choose(memory, workers);
    SharedLevels* made = memory.made_levels;
    auto* quantized =
        made != nullptr
            ? made->elements
            : reinterpret_cast<std::uint8_t*>(memory.scratch + quantizer_.scratch_bytes());
    product.a = quantized;
    product.quantization = quantization.data();
    product.rows_per_range = shape_.rows / quantization.size();
    if (made == nullptr && by_block_) {
      memory.give_extrema(
          grid_.run(workers, [&](const kernels::Tile& tile, std::size_t index) noexcept {
            return multiply_by_block(product, x, tile, quantized + index * block_bytes());
          }));
      return;
    }
    quantize_lines(kernels_, x, shape_.rows, shape_.depth, quantization, quantized, workers);
    if (made != nullptr) {
      made->quantization = quantization[0];
      made->range = memory.input_range->used[0];
      made->record = *memory.input_range;
      made->record.used = {&made->range, 1};
    }
    multiply(product, memory, workers);
  }

  [[nodiscard]] std::size_t scratch_bytes() const override {
    const std::size_t quantized =
        by_block_ ? grid_.size() * block_bytes() : shape_.rows * shape_.depth;
    return quantizer_.scratch_bytes() + quantized + kernels::kReadSlack;
  }
  [[nodiscard]] LevelForm level_form() const override {
    return quantizer_.ranges() == 1 ? LevelForm{shape_.rows * shape_.depth, &quantizer_}
                                    : LevelForm{};
  }
  [[nodiscard]] bool takes_extrema() const override { return quantizer_.ranges() == 1; }
  [[nodiscard]] std::size_t weight_bytes() const override { return weights_->bytes(); }
  [[nodiscard]] Precision precision() const override { return Precision::int8; }
  [[nodiscard]] std::string kernel() const override { return describe_methods(weights_->int8[0]); }

 private:
  static constexpr std::size_t kBlockBytes = 64 * 1024;
  static constexpr std::size_t kMinBlockRows = 24;

  /// On cache lines, with the slack that kernels may read.
  [[nodiscard]] std::size_t block_bytes() const {
    return (block_rows_ * shape_.depth + 2 * kernels::kReadSlack - 1) / kernels::kReadSlack *
           kernels::kReadSlack;
  }

  void multiply(const kernels::Int8Product& product, const StepMemory& memory, Workers& workers) {
    memory.give_extrema(grid_.run(workers, [&](const kernels::Tile& tile, std::size_t) noexcept {
      return kernels_.int8_product(product, tile);
    }));
  }

  kernels::Extrema multiply_by_block(const kernels::Int8Product& product, const float* x,
                                     const kernels::Tile& tile,
                                     std::uint8_t* quantized) const noexcept {
    kernels::Extrema extrema;
    kernels::Int8Product block = product;
    block.a = quantized;
    for (std::size_t row = tile.row_begin; row < tile.row_end; row += block_rows_) {
      const std::size_t rows = std::min(block_rows_, tile.row_end - row);
      kernels_.quantize(x + row * shape_.depth, rows * shape_.depth, *product.quantization,
                        quantized);
      block.out = product.out + row * product.out_stride;
      if (product.addend != nullptr) block.addend = product.addend + row * product.out_stride;
      extrema.merge(kernels_.int8_product(block, {0, rows, tile.panel_begin, tile.panel_end}));
    }
    return extrema;
  }

  const kernels::KernelTable& kernels_;
  RowProductShape shape_;
  SharedWeights weights_;
  ProductEpilogue epilogue_;
  DynamicQuantizer quantizer_;
  TileGrid grid_;
  std::size_t block_rows_;
  bool by_block_;
};

/// The product of rows that the graph gives as levels.
class LevelRowProduct final : public ProductStep {
 public:
  LevelRowProduct(const NodeView& node, const PlanContext& context, const RowProductShape& shape)
      : kernels_(*context.kernels),
        shape_(shape),
        weights_(int8_weights(node, context, weights_of(shape))),
        epilogue_(node),
        levels_(node),
        grid_(make_grid(shape, context.threads)) {}

  void run(const StepMemory& memory, Workers& workers) override {
    const kernels::Quantization quantization = levels_.quantization(memory);
    kernels::Int8Product product = begin_product(memory, shape_, *weights_, epilogue_);
    product.a = memory.input<std::uint8_t>(0);
    product.quantization = &quantization;
    product.rows_per_range = shape_.rows;
    if (levels_.is_signed()) {
      auto* copy = reinterpret_cast<std::uint8_t*>(memory.scratch);
      for_ranges(workers, shape_.rows * shape_.depth, 1,
                 [&](std::size_t begin, std::size_t end) noexcept {
                   levels_.copy(product.a + begin, end - begin, copy + begin);
                 });
      product.a = copy;
    }
    memory.give_extrema(grid_.run(workers, [&](const kernels::Tile& tile, std::size_t) noexcept {
      return kernels_.int8_product(product, tile);
    }));
  }

  [[nodiscard]] std::size_t scratch_bytes() const override {
    return levels_.is_signed() ? shape_.rows * shape_.depth + kernels::kReadSlack : 0;
  }
  [[nodiscard]] std::size_t weight_bytes() const override { return weights_->bytes(); }
  [[nodiscard]] Precision precision() const override { return Precision::int8; }
  [[nodiscard]] std::string kernel() const override { return describe_methods(weights_->int8[0]); }

 private:
  const kernels::KernelTable& kernels_;
  RowProductShape shape_;
  SharedWeights weights_;
  ProductEpilogue epilogue_;
  LevelInput levels_;
  TileGrid grid_;
};

}  // namespace

std::unique_ptr<Step> make_row_product(const NodeView& node, const PlanContext& context,
                                       const RowProductShape& shape) {
  if (takes_levels(node)) return std::make_unique<LevelRowProduct>(node, context, shape);
  if (context.precision == Precision::int8) {
    return std::make_unique<Int8RowProduct>(node, context, shape);
  }
  return std::make_unique<FloatRowProduct>(node, context, shape);
}

}  // namespace octavo::ops
