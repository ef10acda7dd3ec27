#include "runtime/ops/recurrent_weights.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "runtime/concat.hpp"
#include "runtime/ops/level_input.hpp"
#include "runtime/ops/packed_weights.hpp"
#include "runtime/ops/requantize.hpp"

namespace octavo::ops {
namespace {

/// The names that ONNX gives to the constants.
std::string_view name_of(std::size_t weights) {
  return weights == kInputWeights ? "W" : "R";
}

std::int64_t to_extent(std::size_t value) {
  return static_cast<std::int64_t>(value);
}

std::size_t depth_of(const RecurrentShape& shape, std::size_t weights) {
  return weights == kInputWeights ? shape.input : shape.hidden;
}

/// Floats, or int8 with a scale for each column.
void check_weights(const NodeView& node, const RecurrentShape& shape, std::size_t weights) {
  const auto directions = to_extent(shape.directions);
  const auto columns = to_extent(shape.columns());
  const DataType type = node.require_constant(weights, name_of(weights)).type;
  const std::size_t scale = scale_of_weights(node.node().op, weights);
  const bool quantized = type == DataType::int8;
  require_shape(node, weights, quantized ? DataType::int8 : DataType::float32,
                {directions, columns, to_extent(depth_of(shape, weights))});
  if (quantized != node.has_input(scale) || type != node.input(kInputWeights).type) {
    node.fail(ErrorCode::invalid_graph,
              "W and R are float32, or both int8 with a scale for each of their rows");
  }
  if (!quantized) return;
  static_cast<void>(node.require_constant(scale, "the scale"));
  require_shape(node, scale, DataType::float32, {directions, columns});
}

/// How DynamicQuantizeLSTM gives a scale or a zero point: for a direction or for a column.
void check_level_parameter(const NodeView& node, const RecurrentShape& shape, std::size_t index,
                           DataType type) {
  Shape expected{to_extent(shape.directions)};
  if (node.require_constant(index, "a scale or zero point").shape != expected) {
    expected.push_back(to_extent(shape.columns()));
  }
  require_shape(node, index, type, expected);
}

/// level - zero point of one direction, as [column][depth].
std::vector<int> centred_levels(const NodeView& node, const RecurrentShape& shape,
                                std::size_t direction, std::size_t weights) {
  const std::size_t columns = shape.columns();
  const std::size_t depth = depth_of(shape, weights);
  const Tensor& levels = *node.constant(weights);
  const Tensor& zeros = *node.constant(scale_of_weights(node.node().op, weights) + 1);
  std::vector<int> result(columns * depth);
  with_levels(levels.type, [&](auto level) {
    const auto from = levels.as<decltype(level)>().subspan(direction * columns * depth);
    const auto zero = zeros.as<decltype(level)>();
    for (std::size_t n = 0; n < columns; ++n) {
      const int centre = zero[zeros.shape.size() == 1 ? direction : direction * columns + n];
      for (std::size_t k = 0; k < depth; ++k) {
        result[n * depth + k] = from[k * columns + n] - centre;
      }
    }
  });
  return result;
}

/// How many int8 sum up to any of these numbers.
std::size_t parts_of(const std::vector<int>& numbers) {
  const auto [low, high] = std::ranges::minmax(numbers);
  return static_cast<std::size_t>(std::max({1, (127 - low) / 128, (126 + high) / 127}));
}

}  // namespace

bool is_recurrent(Op op) {
  return op == Op::GRU || op == Op::LSTM || op == Op::RNN;
}

bool multiplies_int8(const NodeView& node, const PlanContext& context) {
  return context.precision == Precision::int8 || node.node().op == Op::DynamicQuantizeLSTM;
}

std::uint64_t recurrent_macs(const NodeView& node) {
  const Shape& x = node.shape(0);
  const auto rows = static_cast<std::uint64_t>(x[0] * x[1]);
  return rows *
         (element_count(node.shape(kInputWeights)) + element_count(node.shape(kStateWeights)));
}

std::size_t scale_of_weights(Op op, std::size_t weights) {
  const std::size_t which = weights - kInputWeights;
  if (op == Op::DynamicQuantizeLSTM) return kPeepholes + 1 + 2 * which;
  return (op == Op::LSTM ? kPeepholes : kInitialH) + 1 + which;
}

void check_recurrent_weights(const NodeView& node, const RecurrentShape& shape) {
  for (const std::size_t weights : {kInputWeights, kStateWeights}) {
    if (node.node().op != Op::DynamicQuantizeLSTM) {
      check_weights(node, shape, weights);
      continue;
    }
    static_cast<void>(node.require_constant(weights, name_of(weights)));
    const DataType type = level_type_of(node, weights);
    const std::size_t depth = depth_of(shape, weights);
    const std::size_t scale = scale_of_weights(node.node().op, weights);
    require_shape(node, weights, type,
                  {to_extent(shape.directions), to_extent(depth), to_extent(shape.columns())});
    check_level_parameter(node, shape, scale, DataType::float32);
    check_level_parameter(node, shape, scale + 1, type);
    for (std::size_t d = 0; d < shape.directions; ++d) {
      const std::size_t most = kMaxInt8Depth / parts_of(centred_levels(node, shape, d, weights));
      if (depth <= most) continue;
      node.fail(ErrorCode::unsupported,
                concat({name_of(weights), " has ", depth, " levels in a column; at most ", most,
                        " can be summed"}));
    }
  }
}

GateWeights::GateWeights(const NodeView& node, const RecurrentShape& layer, std::size_t direction,
                         std::size_t weights, const PlanContext& context)
    : shape{layer.columns(), 1, depth_of(layer, weights)}, biases(layer.columns()) {
  const std::size_t columns = shape.columns;
  const std::size_t depth = shape.depth;
  if (node.has_input(kBiases)) {
    const std::size_t half = 2 * direction + weights - kInputWeights;
    const auto all = node.require_constant(kBiases, "B").as<float>();
    std::ranges::copy(all.subspan(half * columns, columns), biases.begin());
  }
  const Tensor& tensor = node.require_constant(weights, name_of(weights));
  if (tensor.type == DataType::float32) {
    if (multiplies_int8(node, context)) {
      const SharedWeights all = quantized_gates(node, weights, context);
      const kernels::QuantizedWeights& quantized = all->quantized;
      const auto own =
          std::span(quantized.values).subspan(direction * columns * depth, columns * depth);
      const auto own_scales = std::span(quantized.scales).subspan(direction * columns, columns);
      integers.assign(own.begin(), own.end());
      scales.assign(own_scales.begin(), own_scales.end());
      return;
    }
    const auto own = tensor.as<float>().subspan(direction * columns * depth, columns * depth);
    floats.assign(own.begin(), own.end());
    return;
  }
  const Tensor& scale = *node.constant(scale_of_weights(node.node().op, weights));
  for (std::size_t n = 0; n < columns; ++n) {
    scales.push_back(
        scale.as<float>()[scale.shape.size() == 1 ? direction : direction * columns + n]);
  }
  if (node.node().op == Op::DynamicQuantizeLSTM) {
    std::vector<int> rest = centred_levels(node, layer, direction, weights);
    shape.segments = parts_of(rest);
    integers.resize(shape.size());
    for (std::size_t i = 0; i < rest.size(); ++i) {
      std::int8_t* const parts = &integers[i / depth * shape.segments * depth + i % depth];
      for (std::size_t part = 0; part < shape.segments; ++part) {
        parts[part * depth] = static_cast<std::int8_t>(std::clamp(rest[i], -128, 127));
        rest[i] -= parts[part * depth];
      }
    }
    return;
  }
  const auto own = tensor.as<std::int8_t>().subspan(direction * columns * depth, columns * depth);
  integers.assign(own.begin(), own.end());
  if (multiplies_int8(node, context)) return;
  for (std::size_t i = 0; i < own.size(); ++i) {
    floats.push_back(scales[i / depth] * static_cast<float>(own[i]));
  }
  integers.clear();
}

}  // namespace octavo::ops
