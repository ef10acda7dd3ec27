#include <algorithm>
#include <cmath>
#include <string>

#include "kernels/packing.hpp"
#include "runtime/concat.hpp"
#include "runtime/ops/level_input.hpp"
#include "runtime/ops/product_weights.hpp"
#include "runtime/ops/winograd_rule.hpp"
#include "runtime/passes/passes.hpp"

namespace octavo::passes {
namespace {

/// What fitting a layer's weights to chains may cost.
WeightQuantization chain_options(const Graph& graph, const Node& node,
                                 const kernels::WeightShape& shape,
                                 const WeightQuantization& options) {
  // In short columns the precision of each weight counts most, while the product is a smaller part
  // of the layer's time.
  constexpr std::size_t kLong = 320;
  constexpr std::size_t kShort = 48;
  constexpr float kShortBudget = 2.0F;
  const Shape& out = graph.values[node.outputs[0]].shape;
  const std::size_t depth = shape.segments * shape.depth;
  if (depth < kShort || ops::suits_winograd(NodeView(graph, node), std::span(out).subspan(2))) {
    return {0, 0.0F};
  }
  if (depth >= kLong) return options;
  return {options.max_chain, std::min(options.loss_budget_db, kShortBudget)};
}

bool all_finite(std::span<const float> elements) {
  return std::ranges::all_of(elements, [](float x) { return std::isfinite(x); });
}

void quantize_node(Graph& graph, Node& node, const WeightQuantization& options) {
  const Tensor& weight = *graph.values[node.inputs[1]].constant;
  if (!all_finite(weight.as<float>())) {
    throw Error(ErrorCode::non_finite,
                concat({describe(node), ": its weights '", graph.values[node.inputs[1]].name,
                        "' hold NaN or infinity and cannot be quantized"}));
  }
  const ProductWeights layout(NodeView(graph, node));
  const std::vector<float> ordered = layout.to_kernel_order(weight.as<float>());
  const kernels::WeightShape& shape = layout.shape();
  const WeightQuantization chain = chain_options(graph, node, shape, options);
  const kernels::QuantizedWeights quantized = kernels::quantize_weights(
      ordered, shape, layout.channels(), chain.max_chain, chain.loss_budget_db);
  const std::vector<std::int8_t> values =
      layout.to_file_order(std::span<const std::int8_t>(quantized.values));

  node.inputs.resize(std::max<std::size_t>(node.inputs.size(), 4), kNoValue);
  node.inputs[1] = graph.add_constant(node.name + ".weight",
                                      Tensor::of<std::int8_t>(weight.shape, std::span(values)));
  node.inputs[3] =
      graph.add_constant(node.name + ".weight_scale",
                         Tensor::of<float>({static_cast<std::int64_t>(quantized.scales.size())},
                                           std::span<const float>(quantized.scales)));
}

}  // namespace

bool is_quantizable(const Graph& graph, const Node& node) {
  if (node.op != Op::Conv && node.op != Op::Linear) return false;
  if (ops::takes_levels(NodeView(graph, node))) return false;  // quantized by the model
  const Value& weight = graph.values[node.inputs[1]];
  if (weight.constant == nullptr || weight.shape_dependent) return false;
  if (weight.shape.size() > 4) return false;  // a volume, for which there are float loops only
  const ProductWeights layout(NodeView(graph, node));
  const kernels::WeightShape& shape = layout.shape();
  return !layout.depthwise() && shape.segments * shape.depth <= ops::kMaxInt8Depth;
}

void quantize_weights(Graph& graph, const WeightQuantization& options) {
  if (options.max_chain < 0 || options.max_chain > 4 || !(options.loss_budget_db >= 0.0F)) {
    throw Error(
        ErrorCode::invalid_argument,
        "weight quantization: max_chain is 0 to 4 and loss_budget_db is not negative; found " +
            std::to_string(options.max_chain) + " and " + std::to_string(options.loss_budget_db));
  }
  for (Node& node : graph.nodes) {
    if (is_quantizable(graph, node) && graph.values[node.inputs[1]].type == DataType::float32) {
      quantize_node(graph, node, options);
    }
  }
}

}  // namespace octavo::passes
