#include "runtime/ops/weight_quantization.hpp"

#include <algorithm>
#include <string>

#include "runtime/concat.hpp"
#include "runtime/ops/product.hpp"
#include "runtime/ops/product_weights.hpp"
#include "runtime/ops/weight_columns.hpp"

namespace octavo::ops {
namespace {

/// The weights of input `index`, once they are known to be finite.
kernels::QuantizedWeights finite(const NodeView& node, std::size_t index,
                                 kernels::QuantizedWeights weights) {
  if (weights.finite) return weights;
  node.fail(ErrorCode::non_finite, concat({"its weights '", node.input(index).name,
                                           "' hold NaN or infinity and cannot be quantized"}));
}

}  // namespace

void check(const WeightQuantization& options) {
  if (options.max_chain >= 0 && options.max_chain <= 4 && options.loss_budget_db >= 0.0F) return;
  throw Error(
      ErrorCode::invalid_argument,
      "weight quantization: max_chain is 0 to 4 and loss_budget_db is not negative; found " +
          std::to_string(options.max_chain) + " and " + std::to_string(options.loss_budget_db));
}

WeightQuantization chain_options(const kernels::WeightShape& shape, bool winograd,
                                 const WeightQuantization& options) {
  // In short columns the precision of each weight counts most, while the product is a smaller part
  // of the layer's time.
  constexpr std::size_t kLong = 320;
  constexpr std::size_t kShort = 48;
  constexpr float kShortBudget = 2.0F;
  const std::size_t depth = shape.segments * shape.depth;
  if (depth < kShort || winograd) return {0, 0.0F};
  if (depth >= kLong) return options;
  return {options.max_chain, std::min(options.loss_budget_db, kShortBudget)};
}

kernels::QuantizedWeights quantize(const NodeView& node, const kernels::FloatKernels& kernels,
                                   const WeightQuantization& chain) {
  const ProductWeights layout(node);
  NodeColumns columns(node);
  return finite(node, kWeight,
                kernels::quantize_weights(kernels, columns, layout.shape(), layout.channels(),
                                          chain.max_chain, chain.loss_budget_db));
}

kernels::QuantizedWeights quantize_gates(const NodeView& node, std::size_t weights,
                                         const kernels::FloatKernels& kernels,
                                         const WeightQuantization& options) {
  const Shape& file = node.shape(weights);
  const auto depth = static_cast<std::size_t>(file[2]);
  const kernels::WeightShape shape{static_cast<std::size_t>(file[0] * file[1]), 1, depth};
  const WeightQuantization chain = chain_options(shape, false, options);
  const auto elements = node.require_constant(weights, "the weights of the gates").as<float>();
  return finite(node, weights,
                kernels::quantize_weights(kernels, elements, shape, depth, chain.max_chain,
                                          chain.loss_budget_db));
}

}  // namespace octavo::ops
