#include "runtime/ops/broadcast.hpp"

#include <algorithm>

#include "runtime/concat.hpp"
#include "runtime/ops/strided.hpp"

namespace octavo::ops {

Shape broadcast(const NodeView& node, const Shape& a, const Shape& b) {
  const Shape& longer = a.size() >= b.size() ? a : b;
  const Shape& shorter = a.size() >= b.size() ? b : a;
  Shape common = longer;
  const std::size_t lead = longer.size() - shorter.size();
  for (std::size_t i = 0; i < shorter.size(); ++i) {
    std::int64_t& extent = common[lead + i];
    if (extent == 1) {
      extent = shorter[i];
    } else if (shorter[i] != extent && shorter[i] != 1) {
      node.fail(ErrorCode::invalid_graph, concat({"shapes ", a, " and ", b, " do not broadcast"}));
    }
  }
  return common;
}

std::vector<std::int64_t> broadcast_strides(const Shape& from, const Shape& to) {
  const std::vector<std::int64_t> own = row_major_strides(from);
  std::vector<std::int64_t> strides(to.size());
  const std::size_t lead = to.size() - from.size();
  for (std::size_t i = 0; i < from.size(); ++i) strides[lead + i] = from[i] == 1 ? 0 : own[i];
  return strides;
}

}  // namespace octavo::ops
