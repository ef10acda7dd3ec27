#include "runtime/plan/layer_info.hpp"

#include <algorithm>

#include "runtime/ops/recurrent_weights.hpp"

namespace octavo {
namespace {

bool multiplies_state(const Node& node) {
  return ops::is_recurrent(node.op) || node.op == Op::DynamicQuantizeLSTM;
}

std::uint64_t multiply_accumulates(const Graph& graph, const Node& node) {
  if (multiplies_state(node)) return ops::recurrent_macs(NodeView(graph, node));
  return NodeView(graph, node).macs();
}

/// The bytes of a constant input: floats that become int8 have a scale for each of their columns.
std::uint64_t int8_bytes(const Node& node, std::size_t index, const Tensor& constant,
                         bool quantizable) {
  const bool recurrent = ops::is_recurrent(node.op);
  const bool weights = index == 1 || (index == 2 && recurrent);
  if (!quantizable || !weights || constant.type != DataType::float32) return constant.bytes();
  const Shape& shape = constant.shape;
  const std::int64_t columns = recurrent ? shape[0] * shape[1] : shape[0];
  return element_count(shape) + static_cast<std::uint64_t>(columns) * sizeof(float);
}

}  // namespace

LayerInfo describe_layer(const Graph& graph, const Node& node,
                         const std::vector<bool>& channels_last, bool quantizable,
                         const Step& step) {
  LayerInfo layer;
  layer.name = node.name;
  layer.op = to_string(node.op);
  layer.output_shape = graph.values[node.outputs[0]].shape;
  if (channels_last[node.outputs[0]]) {
    std::rotate(layer.output_shape.begin() + 1, layer.output_shape.end() - 1,
                layer.output_shape.end());
  }
  layer.macs = multiply_accumulates(graph, node);
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const ValueId id = node.inputs[i];
    if (id == kNoValue || graph.values[id].constant == nullptr) continue;
    layer.parameters += element_count(graph.values[id].shape);
    layer.int8_bytes += int8_bytes(node, i, *graph.values[id].constant, quantizable);
  }
  layer.quantizable = quantizable;
  layer.kernel = step.kernel();
  layer.precision = step.precision();
  return layer;
}

}  // namespace octavo
