#include "runtime/ops/product.hpp"

#include <algorithm>

#include "runtime/concat.hpp"
#include "runtime/ops/activation.hpp"
#include "runtime/ops/product_weights.hpp"
#include "runtime/ops/ranges.hpp"

namespace octavo::ops {
namespace {

std::string_view method_name(kernels::Int8Method method) {
  switch (method) {
    case kernels::Int8Method::chain4:
      return "chain 4";
    case kernels::Int8Method::chain3:
      return "chain 3";
    case kernels::Int8Method::chain2:
      return "chain 2";
    case kernels::Int8Method::chain1:
      return "chain 1";
    case kernels::Int8Method::wide:
      return "wide";
  }
  return "unknown";
}

void check_columns(const NodeView& node, std::size_t index, std::int64_t columns) {
  node.require_type(index, DataType::float32);
  (void)node.require_constant(index, "its epilogue");
  if (node.shape(index) != Shape{columns}) {
    node.fail(ErrorCode::invalid_graph, concat({"'", node.input(index).name, "' has shape ",
                                                node.shape(index), ", expected [", columns, "]"}));
  }
}

}  // namespace

void check_product_constants(const NodeView& node) {
  if (element_count(node.shape(0)) == 0) {
    node.fail(ErrorCode::invalid_graph,
              concat({"input '", node.input(0).name, "' is empty: its shape is ", node.shape(0)}));
  }
  const Tensor& weight = node.require_constant(kWeight, "the weight");
  if (std::ranges::find(weight.shape, 0) != weight.shape.end()) {
    node.fail(ErrorCode::invalid_graph, concat({"weight '", node.input(kWeight).name,
                                                "' has the empty shape ", weight.shape}));
  }
  const std::int64_t columns = weight.shape[0];
  if (node.has_input(kBias)) check_columns(node, kBias, columns);
  const bool quantized = weight.type == DataType::int8;
  if (!quantized) node.require_type(kWeight, DataType::float32);
  if (quantized != node.has_input(kWeightScale)) {
    node.fail(ErrorCode::invalid_graph,
              concat({"a weight of ", to_string(weight.type),
                      (quantized ? " needs a weight_scale" : " takes no weight_scale")}));
  }
  if (quantized) check_columns(node, kWeightScale, columns);
  static_cast<void>(fused_activation(node));
}

bool takes_addend(const NodeView& node) {
  if (node.node().op != Op::Conv) return true;
  return node.shape(kWeight).size() <= 4 && !ProductWeights(node).depthwise();
}

void check_addend(const NodeView& node, const Shape& output) {
  if (!node.has_input(kAddend)) return;
  if (!takes_addend(node)) node.fail(ErrorCode::invalid_graph, "takes no addend");
  node.require_type(kAddend, DataType::float32);
  if (node.shape(kAddend) != output) {
    node.fail(ErrorCode::invalid_graph,
              concat({"addend '", node.input(kAddend).name, "' has shape ", node.shape(kAddend),
                      ", expected ", output}));
  }
}

ProductEpilogue::ProductEpilogue(const NodeView& node) : activation_(fused_activation(node)) {
  if (!node.has_input(kBias)) return;
  const auto elements = node.require_constant(kBias, "its epilogue").as<float>();
  bias_.assign(elements.begin(), elements.end());
  bias_.resize(bias_.size() + kernels::kPanelWidth);  // kernels read whole panels, of any group
}

void quantize_lines(const kernels::KernelTable& kernels, const float* x, std::size_t lines,
                    std::size_t length, std::span<const kernels::Quantization> quantization,
                    std::uint8_t* out, Workers& workers) {
  const std::size_t ranges = quantization.size();
  if (ranges == 1) {
    for_ranges(workers, lines * length, 1, [&](std::size_t begin, std::size_t end) noexcept {
      kernels.quantize(x + begin, end - begin, quantization[0], out + begin);
    });
    return;
  }
  const std::size_t size = lines / ranges * length;
  for_ranges(workers, ranges, size, [&](std::size_t begin, std::size_t end) noexcept {
    for (std::size_t i = begin; i < end; ++i) {
      kernels.quantize(x + i * size, size, quantization[i], out + i * size);
    }
  });
}

std::string describe_methods(const kernels::PackedInt8& weights) {
  const auto [fastest, slowest] = std::ranges::minmax(weights.methods());
  std::string text = "int8 " + std::string(method_name(fastest));
  if (slowest != fastest) text += " to " + std::string(method_name(slowest));
  if (weights.residual_groups() > 0) text += " with residual";
  return text;
}

}  // namespace octavo::ops
