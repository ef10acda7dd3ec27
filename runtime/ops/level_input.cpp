#include "runtime/ops/level_input.hpp"

#include <string>

#include "runtime/concat.hpp"
#include "runtime/ops/product_weights.hpp"
#include "runtime/ops/requantize.hpp"

namespace octavo::ops {

void check_level_input(const NodeView& node) {
  if (!takes_levels(node)) {
    if (node.input_count() > kLevelScale) {
      node.fail(ErrorCode::invalid_graph, "a float32 input takes no scale and no zero point");
    }
    return;
  }
  static_cast<void>(level_type_of(node, 0));
  node.require_type(1, DataType::int8);
  if (!node.has_input(kLevelScale)) {
    node.fail(ErrorCode::invalid_graph,
              concat({"an input of ", to_string(node.input(0).type), " needs a scale"}));
  }
  node.require_type(kLevelScale, DataType::float32);
  require_elements(node, kLevelScale, 1);
  if (node.has_input(kLevelZeroPoint)) {
    node.require_type(kLevelZeroPoint, node.input(0).type);
    require_elements(node, kLevelZeroPoint, 1);
  }
  const ProductWeights weights(node);
  const std::size_t depth = weights.shape().segments * weights.shape().depth;
  if (weights.depthwise() || depth > kMaxInt8Depth) {
    node.fail(ErrorCode::unsupported,
              concat({"levels are multiplied in sums of at most ", kMaxInt8Depth,
                      " products, and not channel by channel"}));
  }
}

LevelInput::LevelInput(const NodeView& node)
    : flip_(node.input(0).type == DataType::int8 ? 0x80 : 0) {}

kernels::Quantization LevelInput::quantization(const StepMemory& memory) const {
  kernels::Quantization result;
  result.scale = *memory.input<float>(kLevelScale);
  const bool given =
      memory.inputs.size() > kLevelZeroPoint && memory.inputs[kLevelZeroPoint] != nullptr;
  result.zero_point = (given ? *memory.input<std::uint8_t>(kLevelZeroPoint) : 0) ^ flip_;
  return result;
}

void LevelInput::copy(const std::uint8_t* from, std::size_t n, std::uint8_t* to) const noexcept {
  for (std::size_t i = 0; i < n; ++i) to[i] = from[i] ^ flip_;
}

}  // namespace octavo::ops
