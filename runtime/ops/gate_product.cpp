#include "runtime/ops/gate_product.hpp"

#include <algorithm>
#include <utility>

#include "runtime/ops/product.hpp"

namespace octavo::ops {
namespace {

RangeRule rule_of(const NodeView& node, const PlanContext& context) {
  return node.node().op == Op::DynamicQuantizeLSTM ? RangeRule::onnx() : RangeRule(node, context);
}

RangeRule state_rule_of(const NodeView& node, const PlanContext& context) {
  RangeRule rule = rule_of(node, context);
  rule.range.fixed.reset();
  return rule;
}

}  // namespace

GateOperand::GateOperand(const NodeView& node, const PlanContext& context, std::size_t rows,
                         std::size_t depth)
    : kernels_(*context.kernels), rows_(rows), depth_(depth) {
  if (!multiplies_int8(node, context)) return;
  quantizer_.emplace(kernels_, rule_of(node, context), DynamicQuantizer::describe_input(node), rows,
                     depth);
}

GateOperand::GateOperand(const NodeView& node, const PlanContext& context, std::string where,
                         std::size_t rows, std::size_t depth)
    : kernels_(*context.kernels), rows_(rows), depth_(depth) {
  if (!multiplies_int8(node, context)) return;
  quantizer_.emplace(kernels_, state_rule_of(node, context), std::move(where), rows, depth);
}

std::size_t GateOperand::scratch_bytes() const {
  if (!quantizer_) return 0;
  return quantizer_->scratch_bytes() + rows_ * depth_ + kernels::kReadSlack;
}

GateRows GateOperand::rows_of(const DynamicQuantizer::Input& input, std::byte* scratch,
                              Workers& workers) const {
  if (!quantizer_) return {input.groups, input.x, nullptr, {}};
  const auto quantization = quantizer_->choose(input, scratch, workers);
  auto* levels = reinterpret_cast<std::uint8_t*>(scratch + quantizer_->scratch_bytes());
  quantize_lines(kernels_, input.x, input.groups, depth_, quantization, levels, workers);
  return {input.groups, input.x, levels, quantization};
}

GateProduct::GateProduct(const PlanContext& context, const GateWeights& weights, std::size_t begin,
                         std::size_t end, std::size_t rows)
    : kernels_(*context.kernels),
      shape_{end - begin, weights.shape.segments, weights.shape.depth},
      weights_(gate_weights(weights, begin, end, context)),
      grid_(rows, shape_.panels(), std::uint64_t{rows} * shape_.size(), context.threads) {
  const auto all = weights.biases.begin();
  biases_.assign(all + static_cast<std::ptrdiff_t>(begin), all + static_cast<std::ptrdiff_t>(end));
  biases_.resize(biases_.size() + kernels::kPanelWidth);  // kernels read whole panels
}

void GateProduct::multiply(const GateRows& rows, float* out, std::size_t stride,
                           Workers& workers) const {
  auto map = kernels::RowMap::matrix(static_cast<std::int64_t>(rows.count),
                                     static_cast<std::int64_t>(shape_.depth));
  const auto run = [&](auto product, auto kernel) {
    product.rows = map;
    product.bias = biases_.data();
    product.out = out;
    product.out_stride = stride;
    workers.for_each(grid_.size(), [&](std::size_t i) noexcept {
      kernels::Tile tile = grid_.tile(i);
      tile.row_end = std::min(tile.row_end, rows.count);
      if (tile.row_begin < tile.row_end) kernel(product, tile);
    });
  };
  if (!is_int8()) {
    kernels::FloatProduct product;
    weights_->floats[0].bind(product);
    product.a = rows.floats;
    run(product, kernels_.float_product);
    return;
  }
  // Each segment of the weights takes the whole row.
  map.kernel_width = static_cast<std::int64_t>(shape_.segments);
  map.dilation_width = 0;
  kernels::Int8Product product;
  weights_->int8[0].bind(product);
  product.a = rows.levels;
  product.quantization = rows.quantization.data();
  product.rows_per_range = rows.count / rows.quantization.size();
  product.b_scales = weights_->scales.data();
  run(product, kernels_.int8_product);
}

std::string GateProduct::kernel() const {
  return is_int8() ? describe_methods(weights_->int8[0]) : "float32";
}

}  // namespace octavo::ops
