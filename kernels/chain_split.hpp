#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/packing.hpp"

namespace octavo::kernels {

/// Weights of one panel as the sum of two parts: one that meets a chain's condition, and what is
/// left, which lies in few groups of four k values and whose pairs of products fit int16. Both
/// parts are [columns][segments][depth] like the weights.
struct ChainSplit {
  std::vector<std::int8_t> chained;
  std::vector<std::int8_t> residual;
  /// The groups that the residual occupies, segment * groups of a segment + group, in ascending
  /// order.
  std::vector<std::uint32_t> groups;
};

/// Splits the weights of a panel, [columns][segments][depth], for chains of `length` groups. In
/// every chain that does not meet its condition, groups become residual ones until it can: first
/// those with a pair too large, then those that relieve the chain's lanes most.
ChainSplit split_for_chain(std::span<const std::int8_t> weights, const WeightShape& panel,
                           std::size_t length);

}  // namespace octavo::kernels
