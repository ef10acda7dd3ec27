#include "runtime/ops/axes.hpp"

#include "runtime/concat.hpp"

namespace octavo::ops {

std::vector<bool> axis_flags(const NodeView& node, const std::vector<std::int64_t>& axes,
                             std::size_t rank) {
  std::vector<bool> flags(rank);
  for (const std::int64_t axis : axes) {
    const std::size_t index = node.axis(axis, rank);
    if (flags[index]) {
      node.fail(ErrorCode::invalid_graph, concat({"axis ", axis, " is given twice"}));
    }
    flags[index] = true;
  }
  return flags;
}

Shape reduced_shape(const Shape& shape, const std::vector<bool>& reduced, bool keep_dimensions) {
  Shape result;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (!reduced[i]) {
      result.push_back(shape[i]);
    } else if (keep_dimensions) {
      result.push_back(1);
    }
  }
  return result;
}

StridedLoops<1> loops_over(const NodeView& node, const Shape& shape, const std::vector<bool>& flags,
                           bool flag) {
  const std::vector<std::int64_t> strides = row_major_strides(shape);
  std::vector<StridedLoops<1>::Loop> dimensions;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (flags[i] == flag) dimensions.push_back({shape[i], {strides[i]}});
  }
  return {node, dimensions};
}

}  // namespace octavo::ops
