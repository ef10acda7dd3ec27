#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace octavo::kernels {

/// k values whose products one int8 instruction sums for a column.
inline constexpr std::size_t kGroup = 4;

/// The most that the magnitudes of two neighbouring weights of one sign may sum to: more would
/// leave int16 when multiplied by 255 and added. Of unlike signs the products cannot.
inline constexpr int kPairLimit = 128;
/// The most that the magnitudes of all weights in an int16 lane of a longer chain may sum to.
inline constexpr int kLaneLimit = 255;

/// Whether one column's segment (or any whole number of its chains) meets the condition of a chain
/// of `length` groups: no pair of products may leave int16, and for chains longer than one group
/// the sum of |w| over each int16 lane is at most 255.
bool fits_chain(std::span<const std::int8_t> w, std::size_t length);

/// The longest chain.
inline constexpr std::size_t kMaxChain = 4;

/// Whether all columns of a panel, [columns][segments][depth], meet the condition of the longest
/// chain.
bool fit_longest_chain(std::span<const std::int8_t> panel, std::size_t depth);

/// For chains of 1, 2, 3 and 4 groups, in how many of the chains of a panel, [columns][segments]
/// [depth], any column breaks the condition.
std::array<std::size_t, kMaxChain> count_misfits(std::span<const std::int8_t> panel,
                                                 std::size_t segments, std::size_t depth);

}  // namespace octavo::kernels
