#include "runtime/ops/product_weights.hpp"

namespace octavo {
namespace {

/// Whether a row of one segment has fewer groups of weights by at least a tenth.
bool gathering_pays(const kernels::WeightShape& shape) {
  const auto groups = [](std::size_t depth) { return (depth + 3) / 4; };
  const std::size_t depth = shape.segments * shape.depth;
  return shape.segments > 1 && depth <= kernels::kMaxGathered &&
         10 * groups(depth) <= 9 * shape.segments * groups(shape.depth);
}

}  // namespace

ProductWeights::ProductWeights(const NodeView& node) {
  const Shape& shape = node.shape(1);
  const auto columns = static_cast<std::size_t>(shape.at(0));
  channels_ = static_cast<std::size_t>(shape.at(1));
  for (std::size_t i = 2; i < shape.size(); ++i) taps_ *= static_cast<std::size_t>(shape[i]);
  shape_ = {columns, taps_, channels_};
  if (node.node().op != Op::Conv) return;

  const std::int64_t group = node.integer("group", 1);
  depthwise_ = group > 1 && channels_ == 1 && static_cast<std::int64_t>(columns) == group;

  // A kernel of one column walks down lines of one pixel: its rows are neighbours as well.
  std::size_t line = shape.size() - 1;
  while (line > 2 && shape[line] == 1) --line;
  const std::vector<std::int64_t> dilations = node.integers("dilations", {});
  const std::int64_t dilation = dilations.empty() ? 1 : dilations[line - 2];
  if (group == 1 && dilation == 1 && shape[line] > 0) {
    const auto width = static_cast<std::size_t>(shape[line]);
    shape_ = {columns, taps_ / width, width * channels_};
  }
  gathered_ = group == 1 && gathering_pays(shape_);
  if (gathered_) shape_ = {columns, 1, taps_ * channels_};
}

}  // namespace octavo
