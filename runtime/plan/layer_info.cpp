#include "runtime/plan/layer_info.hpp"

#include <algorithm>

namespace octavo {
namespace {

std::uint64_t multiply_accumulates(const Graph& graph, const Node& node) {
  const std::uint64_t outputs = element_count(graph.values[node.outputs[0]].shape);
  if (node.op == Op::Conv || node.op == Op::Linear) {
    const Shape& weight = graph.values[node.inputs[1]].shape;
    return outputs * (element_count(weight) / static_cast<std::uint64_t>(weight[0]));
  }
  if (node.op == Op::MatMul || node.op == Op::Gemm) {
    const NodeView view(graph, node);
    const Shape& a = graph.values[node.inputs[0]].shape;
    const bool transposed = view.integer("transA", 0) != 0;
    return outputs * static_cast<std::uint64_t>(transposed ? a[0] : a.back());
  }
  return 0;
}

}  // namespace

LayerInfo describe_layer(const Graph& graph, const Node& node,
                         const std::vector<bool>& channels_last, const Step& step) {
  LayerInfo layer;
  layer.name = node.name;
  layer.op = to_string(node.op);
  layer.output_shape = graph.values[node.outputs[0]].shape;
  if (channels_last[node.outputs[0]]) {
    std::rotate(layer.output_shape.begin() + 1, layer.output_shape.end() - 1,
                layer.output_shape.end());
  }
  layer.macs = multiply_accumulates(graph, node);
  for (const ValueId id : node.inputs) {
    if (id == kNoValue || graph.values[id].constant == nullptr) continue;
    layer.parameters += element_count(graph.values[id].shape);
  }
  layer.kernel = step.kernel();
  layer.precision = step.precision();
  return layer;
}

}  // namespace octavo
