#include "kernels/chain_condition.hpp"

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <vector>

#include "kernels/weight_vectors.hpp"

namespace octavo::kernels {
namespace {

/// What one group of a column adds to the int16 lanes of its chain.
struct GroupSums {
  int lane0 = 0;
  int lane1 = 0;
  bool pairs_fit = true;
};

/// GroupSums added up along a column.
struct RunningSums {
  int lane0 = 0;
  int lane1 = 0;
  int misfits = 0;
};

GroupSums sums_of(const std::int8_t* w, std::size_t count) {
  std::array<int, kGroup> v{};
  for (std::size_t i = 0; i < count; ++i) v[i] = w[i];
  const int largest = std::max(std::abs(v[0] + v[1]), std::abs(v[2] + v[3]));
  return {std::abs(v[0]) + std::abs(v[1]), std::abs(v[2]) + std::abs(v[3]), largest <= kPairLimit};
}

GroupSums group_sums(std::span<const std::int8_t> w, std::size_t begin) {
  const std::size_t count = w.size() - begin;
  return count >= kGroup ? sums_of(&w[begin], kGroup) : sums_of(&w[begin], count);
}

}  // namespace

bool fits_chain(std::span<const std::int8_t> w, std::size_t length) {
  const std::size_t chain = kGroup * length;
  for (std::size_t begin = 0; begin < w.size(); begin += chain) {
    int lane0 = 0;
    int lane1 = 0;
    for (std::size_t k = begin; k < std::min(begin + chain, w.size()); k += kGroup) {
      const GroupSums sums = group_sums(w, k);
      if (!sums.pairs_fit) return false;
      lane0 += sums.lane0;
      lane1 += sums.lane1;
    }
    if (length > 1 && std::max(lane0, lane1) > kLaneLimit) return false;
  }
  return true;
}

bool fit_longest_chain(std::span<const std::int8_t> panel, std::size_t depth) {
  constexpr std::size_t kChain = kGroup * kMaxChain;
  for (std::size_t begin = 0; begin < panel.size(); begin += depth) {
    Shorts pair{};
    Shorts lane{};
    std::size_t k = 0;
    for (; k + kChain <= depth; k += kChain) {
      const WeightPairs w(&panel[begin + k]);
      pair = larger(pair, magnitude(w.first + w.second));
      lane = larger(lane, lane_sums(magnitude(w.first) + magnitude(w.second)));
    }
    for (std::size_t i = 0; i < kGroup * 2; ++i) {
      if (pair[i] > kPairLimit || lane[i] > kLaneLimit) return false;
    }
    if (!fits_chain(panel.subspan(begin + k, depth - k), kMaxChain)) return false;
  }
  return true;
}

std::array<std::size_t, kMaxChain> count_misfits(std::span<const std::int8_t> panel,
                                                 std::size_t segments, std::size_t depth) {
  const std::size_t groups = (depth + kGroup - 1) / kGroup;
  std::array<std::vector<std::uint8_t>, kMaxChain> misfit;
  for (std::size_t length = 1; length <= kMaxChain; ++length) {
    misfit[length - 1].resize(segments * ((groups + length - 1) / length));
  }
  std::vector<RunningSums> before(groups + 1);  // the sums of the groups before each
  for (std::size_t begin = 0; begin < panel.size(); begin += depth) {
    const std::span<const std::int8_t> w = panel.subspan(begin, depth);
    for (std::size_t g = 0; g < groups; ++g) {
      const GroupSums sums = group_sums(w, g * kGroup);
      before[g + 1] = {before[g].lane0 + sums.lane0, before[g].lane1 + sums.lane1,
                       before[g].misfits + (sums.pairs_fit ? 0 : 1)};
    }
    for (std::size_t length = 1; length <= kMaxChain; ++length) {
      const int limit = length == 1 ? INT_MAX : kLaneLimit;
      const std::size_t chains = (groups + length - 1) / length;
      std::uint8_t* to = &misfit[length - 1][begin / depth % segments * chains];
      for (std::size_t g = 0; g < groups; g += length, ++to) {
        const RunningSums& first = before[g];
        const RunningSums& last = before[std::min(g + length, groups)];
        const bool fits = last.lane0 - first.lane0 <= limit && last.lane1 - first.lane1 <= limit &&
                          last.misfits == first.misfits;
        *to |= static_cast<std::uint8_t>(!fits);
      }
    }
  }
  std::array<std::size_t, kMaxChain> counts{};
  for (std::size_t i = 0; i < kMaxChain; ++i) {
    counts[i] = static_cast<std::size_t>(std::ranges::count(misfit[i], 1));
  }
  return counts;
}

}  // namespace octavo::kernels
