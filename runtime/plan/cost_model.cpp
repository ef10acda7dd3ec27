#include "runtime/plan/cost_model.hpp"

#include "runtime/ops/recurrent_weights.hpp"
#include "runtime/ops/winograd_rule.hpp"

namespace octavo {
namespace {

/// Costs in units of one float multiply-accumulate.
constexpr double kPerInput = 4.0;   ///< range and quantization, per element of the input
constexpr double kPerOutput = 5.0;  ///< a longer epilogue, per element of the output
constexpr double kPerLayer = 20e3;  ///< what quantizing costs any layer
constexpr std::size_t kLong = 320;  ///< weights per column from which chains are fitted freely

/// How much of a float product's time an int8 product saves.
double saving(const NodeView& node, std::size_t depth) {
  if (ops::suits_winograd(node)) return 0.7;
  return depth >= kLong ? 0.5 : 0.2;
}

Precision faster(double saved, double cost) {
  return saved > cost + kPerLayer ? Precision::int8 : Precision::float32;
}

/// Every step has a range of its own.
Precision expected_of_recurrent(const NodeView& node) {
  const double states = static_cast<double>(element_count(node.output(0).shape));
  const double inputs = static_cast<double>(element_count(node.shape(0)));
  const double rows = inputs / static_cast<double>(node.shape(0)[2]);
  double saved = 0.0;
  double sums = 0.0;
  for (const std::size_t weights : {ops::kInputWeights, ops::kStateWeights}) {
    const Shape& shape = node.shape(weights);
    const auto depth = static_cast<std::size_t>(shape[2]);
    saved += rows * static_cast<double>(element_count(shape)) * saving(node, depth);
    sums += rows * static_cast<double>(shape[0] * shape[1]);
  }
  return faster(saved, (inputs + states) * kPerInput + sums * kPerOutput);
}

}  // namespace

Precision expected_precision(const NodeView& node) {
  if (ops::is_recurrent(node.node().op)) return expected_of_recurrent(node);
  // Both sides would have to be quantized, for products that are mostly small.
  if (node.node().op == Op::MatMul) return Precision::float32;
  const Shape& weight = node.shape(1);
  const std::size_t depth = element_count(weight) / static_cast<std::size_t>(weight[0]);
  const auto outputs = static_cast<double>(element_count(node.output(0).shape));
  const auto inputs = static_cast<double>(element_count(node.shape(0)));
  const double saved = outputs * static_cast<double>(depth) * saving(node, depth);
  return faster(saved, inputs * kPerInput + outputs * kPerOutput);
}

}  // namespace octavo
