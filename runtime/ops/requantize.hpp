#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "runtime/concat.hpp"
#include "runtime/ops/operator.hpp"

namespace octavo::ops {

inline constexpr TypeSet kLevels = type_set({DataType::int8, DataType::uint8});

/// Calls `use` with a value of the C++ type of 8-bit levels.
template <class Use>
auto with_levels(DataType type, const Use& use) {
  return type == DataType::int8 ? use(std::int8_t{}) : use(std::uint8_t{});
}

/// An input of 8-bit levels; throws Error naming the node when it is of another type.
inline DataType level_type_of(const NodeView& node, std::size_t index) {
  const DataType type = node.input(index).type;
  if (type != DataType::int8) node.require_type(index, DataType::uint8);
  return type;
}

/// Checks that an input has one element, or `count`.
inline void require_elements(const NodeView& node, std::size_t index, std::int64_t count) {
  const auto found = static_cast<std::int64_t>(element_count(node.shape(index)));
  if (found != 1 && found != count) {
    node.fail(ErrorCode::invalid_graph,
              concat({"input ", index, " ('", node.input(index).name, "') has shape ",
                      node.shape(index), ", expected one element or ", count}));
  }
}

/// saturate(round_half_even(sum * factor) + zero_point), as 8-bit levels. The sum is exact modulo
/// 2^32; a scale that makes it NaN gives the zero point.
template <class Q>
Q requantize(std::uint32_t sum, float factor, Q zero_point) {
  const float level = std::nearbyint(static_cast<float>(static_cast<std::int32_t>(sum)) * factor);
  if (std::isnan(level)) return zero_point;
  return static_cast<Q>(std::clamp(level + static_cast<float>(zero_point),
                                   static_cast<float>(std::numeric_limits<Q>::min()),
                                   static_cast<float>(std::numeric_limits<Q>::max())));
}

}  // namespace octavo::ops
