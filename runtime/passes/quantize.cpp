#include <algorithm>
#include <array>
#include <string>

#include "runtime/ops/level_input.hpp"
#include "runtime/ops/product.hpp"
#include "runtime/ops/product_weights.hpp"
#include "runtime/ops/recurrent_weights.hpp"
#include "runtime/ops/weight_quantization.hpp"
#include "runtime/ops/winograd_rule.hpp"
#include "runtime/passes/passes.hpp"

namespace octavo::passes {
namespace {

/// Replaces the weights at `index` by int8 ones, whose scales become input `scale_index`.
void replace(Graph& graph, Node& node, std::size_t index, std::span<const std::int8_t> values,
             std::size_t scale_index, Shape scale_shape, std::span<const float> scales,
             const std::string& name) {
  const Shape shape = graph.values[node.inputs[index]].shape;
  node.inputs.resize(std::max(node.inputs.size(), scale_index + 1), kNoValue);
  node.inputs[index] = graph.add_constant(name, Tensor::of<std::int8_t>(shape, values));
  node.inputs[scale_index] =
      graph.add_constant(name + "_scale", Tensor::of<float>(std::move(scale_shape), scales));
}

void quantize_product(Graph& graph, Node& node, const kernels::FloatKernels& kernels,
                      const WeightQuantization& options) {
  const NodeView view(graph, node);
  const ProductWeights layout(view);
  const Shape& out = graph.values[node.outputs[0]].shape;
  const bool winograd = ops::suits_winograd(view, std::span(out).subspan(2));
  const kernels::QuantizedWeights quantized =
      ops::quantize(view, kernels, ops::chain_options(layout.shape(), winograd, options));
  std::vector<std::int8_t> values = quantized.values;
  if (layout.reorders()) layout.to_file_order<std::int8_t>(quantized.values, values);
  replace(graph, node, ops::kWeight, values, ops::kWeightScale,
          {static_cast<std::int64_t>(layout.shape().columns)}, quantized.scales,
          node.name + ".weight");
}

/// Both products of a recurrent layer.
void quantize_recurrent(Graph& graph, Node& node, const kernels::FloatKernels& kernels,
                        const WeightQuantization& options) {
  for (const std::size_t weights : {ops::kInputWeights, ops::kStateWeights}) {
    const NodeView view(graph, node);
    const Shape& file = view.shape(weights);
    const kernels::QuantizedWeights quantized =
        ops::quantize_gates(view, weights, kernels, options);
    replace(graph, node, weights, quantized.values, ops::scale_of_weights(node.op, weights),
            {file[0], file[1]}, quantized.scales,
            node.name + (weights == ops::kInputWeights ? ".weight" : ".state_weight"));
  }
}

/// Whether weights of the graph can be int8 in sums of this many products.
bool fit_int8(const Value& weight, std::size_t depth) {
  return weight.constant != nullptr && !weight.shape_dependent && depth <= ops::kMaxInt8Depth;
}

bool has_empty_input(const Graph& graph, const Node& node) {
  return std::ranges::any_of(node.inputs, [&](ValueId id) {
    return id != kNoValue && std::ranges::count(graph.values[id].shape, 0) > 0;
  });
}

/// Whether both operands of a MatMul are computed while the graph runs.
bool multiplies_activations(const Graph& graph, const Node& node) {
  if (node.op != Op::MatMul || has_empty_input(graph, node)) return false;
  for (const ValueId id : node.inputs) {
    const Value& value = graph.values[id];
    if (value.constant != nullptr) return false;
  }
  return static_cast<std::size_t>(graph.values[node.inputs[0]].shape.back()) <= ops::kMaxInt8Depth;
}

bool has_quantizable_weights(const Graph& graph, const Node& node) {
  if (has_empty_input(graph, node)) return false;
  if (ops::is_recurrent(node.op)) {
    return std::ranges::all_of(std::array{ops::kInputWeights, ops::kStateWeights},
                               [&](std::size_t weights) {
                                 const Value& weight = graph.values[node.inputs[weights]];
                                 return fit_int8(weight, static_cast<std::size_t>(weight.shape[2]));
                               });
  }
  if (node.op != Op::Conv && node.op != Op::Linear) return false;
  if (ops::takes_levels(NodeView(graph, node))) return false;  // quantized by the model
  const Value& weight = graph.values[node.inputs[1]];
  if (weight.shape.size() > 4) return false;  // a volume, for which there are float loops only
  const ProductWeights layout(NodeView(graph, node));
  const kernels::WeightShape& shape = layout.shape();
  return !layout.depthwise() && fit_int8(weight, shape.segments * shape.depth);
}

}  // namespace

bool is_quantizable(const Graph& graph, const Node& node) {
  return has_quantizable_weights(graph, node) || multiplies_activations(graph, node);
}

void quantize_weights(Graph& graph, const kernels::FloatKernels& kernels,
                      const WeightQuantization& options) {
  ops::check(options);
  for (Node& node : graph.nodes) {
    if (!has_quantizable_weights(graph, node) ||
        graph.values[node.inputs[1]].type != DataType::float32) {
      continue;
    }
    if (ops::is_recurrent(node.op)) {
      quantize_recurrent(graph, node, kernels, options);
    } else {
      quantize_product(graph, node, kernels, options);
    }
  }
}

}  // namespace octavo::passes
