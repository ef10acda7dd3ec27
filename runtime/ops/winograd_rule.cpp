#include "runtime/ops/winograd_rule.hpp"

#include <algorithm>
#include <vector>

namespace octavo::ops {
namespace {

/// With fewer tiles of 4x4 the transformed weights, eight times the bytes, take too long to read.
constexpr std::int64_t kMinTiles = 12;
/// With fewer channels the transforms take longer than the products that they save.
constexpr std::int64_t kMinChannels = 16;

bool all_ones(const NodeView& node, std::string_view attribute) {
  const std::vector<std::int64_t> values = node.integers(attribute, {});
  return std::ranges::all_of(values, [](std::int64_t value) { return value == 1; });
}

}  // namespace

bool suits_winograd(const NodeView& node, std::span<const std::int64_t> out_spatial) {
  if (node.node().op != Op::Conv || out_spatial.size() != 2) return false;
  const Shape& weight = node.shape(1);
  if (weight[2] != 3 || weight[3] != 3 || node.integer("group", 1) != 1) return false;
  if (!all_ones(node, "strides") || !all_ones(node, "dilations")) return false;
  if (weight[0] < kMinChannels || weight[1] < kMinChannels) return false;
  return ((out_spatial[0] + 3) / 4) * ((out_spatial[1] + 3) / 4) >= kMinTiles;
}

bool suits_winograd(const NodeView& node) {
  const Shape& out = node.output(0).shape;
  return out.size() > 2 && suits_winograd(node, std::span(out).subspan(1, out.size() - 2));
}

}  // namespace octavo::ops
