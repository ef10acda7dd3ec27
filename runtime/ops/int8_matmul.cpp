#include "runtime/ops/int8_matmul.hpp"

#include <atomic>
#include <vector>

#include "runtime/concat.hpp"
#include "runtime/ops/dynamic_quantizer.hpp"
#include "runtime/ops/product.hpp"
#include "runtime/ops/ranges.hpp"

namespace octavo::ops {
namespace {

using kernels::kPanelWidth;

std::size_t whole_lines(std::size_t bytes) {
  return (bytes + kernels::kReadSlack - 1) / kernels::kReadSlack * kernels::kReadSlack;
}

/// A right operand that was quantized while running, in scratch memory.
class QuantizedRight {
 public:
  QuantizedRight(const MatrixShape& shape, std::byte* scratch)
      : shape_(shape),
        b_(reinterpret_cast<std::int8_t*>(scratch)),
        sums_(reinterpret_cast<std::int32_t*>(scratch + shape.panels() * panel_bytes(shape))),
        scales_(reinterpret_cast<float*>(sums_ + shape.panels() * kPanelWidth)) {}

  static std::size_t bytes(const MatrixShape& shape) {
    const std::size_t per_column = sizeof(std::int32_t) + sizeof(float);
    return shape.panels() * (panel_bytes(shape) + kPanelWidth * per_column);
  }

  /// False when the operand holds NaN or infinity.
  bool quantize(const kernels::KernelTable& kernels, const float* b, Workers& workers) const {
    std::atomic<bool> finite{true};
    for_ranges(workers, shape_.panels(), shape_.depth * kPanelWidth,
               [&](std::size_t begin, std::size_t end) noexcept {
                 for (std::size_t panel = begin; panel < end; ++panel) {
                   const std::size_t column = panel * kPanelWidth;
                   const std::size_t columns = std::min(kPanelWidth, shape_.columns - column);
                   if (!kernels.quantize_panel(
                           b + column, shape_.depth, columns, shape_.columns,
                           {b_ + panel * panel_bytes(shape_), sums_ + column, scales_ + column})) {
                     finite.store(false, std::memory_order_relaxed);
                   }
                 }
               });
    return finite.load(std::memory_order_relaxed);
  }

  void bind(kernels::Int8Product& product) const {
    product.b = b_;
    product.column_sums = sums_;
    product.b_scales = scales_;
    product.columns = shape_.columns;
    product.depth = shape_.depth;
    product.packed_depth = panel_bytes(shape_) / kPanelWidth;
  }

 private:
  static std::size_t panel_bytes(const MatrixShape& shape) {
    return (shape.depth + 3) / 4 * 4 * kPanelWidth;
  }

  const MatrixShape& shape_;
  std::int8_t* b_;
  std::int32_t* sums_;
  float* scales_;
};

class Int8MatMul final : public Step {
 public:
  Int8MatMul(const NodeView& node, PlanContext context, ProductBatch batch)
      : kernels_(*context.kernels),
        batch_(std::move(batch)),
        methods_(batch_.shape().panels(), kernels::Int8Method::chain1),
        a_size_(element_count(node.shape(0))),
        right_(concat({"tensor '", node.input(1).name, "' of ", describe(node.node())})),
        quantizer_(node, with_range_per_row(context), a_size_ / batch_.shape().depth,
                   batch_.shape().depth) {}

  void run(const StepMemory& memory, Workers& workers) override {
    const MatrixShape& shape = batch_.shape();
    const auto quantization = quantizer_.choose(memory, workers);
    auto* a = reinterpret_cast<std::uint8_t*>(memory.scratch + quantizer_.scratch_bytes());
    quantize_lines(kernels_, memory.input<float>(0), a_size_ / shape.depth, shape.depth,
                   quantization, a, workers);

    std::atomic<bool> finite{true};
    batch_.for_each(workers, [&](const ProductBatch::Part& part) noexcept {
      const QuantizedRight right(
          shape, memory.scratch + right_offset() + part.share * QuantizedRight::bytes(shape));
      if (!right.quantize(kernels_, memory.input<float>(1) + part.b, part.workers)) {
        finite.store(false, std::memory_order_relaxed);
      }
      const std::size_t row = static_cast<std::size_t>(part.a) / shape.depth;
      kernels::Int8Product product;
      product.a = a + part.a;
      product.rows = kernels::RowMap::matrix(static_cast<std::int64_t>(shape.rows),
                                             static_cast<std::int64_t>(shape.depth));
      right.bind(product);
      product.methods = methods_.data();
      product.quantization = quantization.data() + (quantization.size() > 1 ? row : 0);
      product.rows_per_range = quantization.size() > 1 ? 1 : shape.rows;
      product.out = memory.output<float>(0) + part.out;
      product.out_stride = shape.columns;
      part.workers.for_each(batch_.grid().size(), [&](std::size_t i) noexcept {
        kernels_.int8_product(product, batch_.grid().tile(i));
      });
    });
    if (!finite.load(std::memory_order_relaxed)) {
      throw Error(ErrorCode::non_finite,
                  concat({right_, " holds NaN or infinity and cannot be quantized"}));
    }
  }

  [[nodiscard]] std::size_t scratch_bytes() const override {
    return right_offset() + batch_.shares() * QuantizedRight::bytes(batch_.shape());
  }
  [[nodiscard]] bool takes_extrema() const override { return quantizer_.ranges() == 1; }
  [[nodiscard]] Precision precision() const override { return Precision::int8; }
  [[nodiscard]] std::string kernel() const override { return "int8 chain 1, both sides"; }

 private:
  static PlanContext with_range_per_row(PlanContext context) {
    context.range_scope = RangeScope::row;
    return context;
  }

  [[nodiscard]] std::size_t right_offset() const {
    return quantizer_.scratch_bytes() + whole_lines(a_size_ + kernels::kReadSlack);
  }

  const kernels::KernelTable& kernels_;
  ProductBatch batch_;
  std::vector<kernels::Int8Method> methods_;  ///< per panel
  std::size_t a_size_;
  std::string right_;  ///< the right operand and the node, for errors
  DynamicQuantizer quantizer_;
};

}  // namespace

std::unique_ptr<Step> make_int8_matmul(const NodeView& node, const PlanContext& context,
                                       ProductBatch batch) {
  return std::make_unique<Int8MatMul>(node, context, std::move(batch));
}

}  // namespace octavo::ops
