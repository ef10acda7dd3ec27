#include "runtime/plan/cost_model.hpp"

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

}  // namespace

Precision expected_precision(const NodeView& node) {
  const Shape& weight = node.shape(1);
  const std::size_t depth = element_count(weight) / static_cast<std::size_t>(weight[0]);
  const auto outputs = static_cast<double>(element_count(node.output(0).shape));
  const auto inputs = static_cast<double>(element_count(node.shape(0)));
  const double saved = outputs * static_cast<double>(depth) * saving(node, depth);
  return saved > inputs * kPerInput + outputs * kPerOutput + kPerLayer ? Precision::int8
                                                                       : Precision::float32;
}

}  // namespace octavo
