#include "kernels/chain_split.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "kernels/chain_condition.hpp"

namespace octavo::kernels {
namespace {

/// Two adjacent weights, whose products are added in int16 first.
struct Pair {
  int first = 0;
  int second = 0;

  [[nodiscard]] int magnitude() const { return std::abs(first) + std::abs(second); }
  [[nodiscard]] bool same_sign() const { return first * second >= 0; }
  /// What must leave the pair for its products to fit int16.
  [[nodiscard]] int excess() const {
    return same_sign() ? std::max(0, magnitude() - kPairLimit) : 0;
  }
  /// What another pair can take over.
  [[nodiscard]] int movable() const {
    return same_sign() ? std::min(magnitude(), kPairLimit) : magnitude();
  }

  /// Takes up to `amount` of the magnitudes away, and returns it as a pair.
  Pair take(int amount) {
    const auto take_from = [&](int& w) {
      const int part = std::min(std::abs(w), amount);
      amount -= part;
      const int taken = w < 0 ? -part : part;
      w -= taken;
      return taken;
    };
    Pair taken;
    taken.first = take_from(first);
    taken.second = take_from(second);
    return taken;
  }
};

/// One chain of a panel: all columns of up to `length` groups of a segment.
class Chain {
 public:
  Chain(std::span<const std::int8_t> weights, const WeightShape& panel, std::size_t segment,
        std::size_t first_group, std::size_t groups)
      : columns_(panel.columns), groups_(groups) {
    for (std::size_t n = 0; n < columns_; ++n) {
      const auto column =
          weights.subspan((n * panel.segments + segment) * panel.depth, panel.depth);
      for (std::size_t i = 0; i < 2 * groups; ++i) {
        const std::size_t k = first_group * kGroup + 2 * i;
        const int first = k < panel.depth ? column[k] : 0;
        const int second = k + 1 < panel.depth ? column[k + 1] : 0;
        pairs_[n * 2 * groups + i] = {first, second};
      }
    }
  }

  /// Chooses the groups that give up weights; `limited` when the sums of lanes are.
  void choose(bool limited) {
    for (std::size_t g = 0; g < groups_; ++g) {
      for_each_lane([&](std::size_t n, std::size_t lane) {
        if (pair(n, g, lane).excess() > 0) chosen_[g] = true;
      });
    }
    while (limited) {
      const auto [group, relief] = most_relieving_group();
      if (relief == 0) return;
      chosen_[group] = true;
    }
  }

  [[nodiscard]] bool chosen(std::size_t group) const { return chosen_[group]; }

  /// Takes from a lane's pairs what is too much, into `taken` (one for each group).
  void relieve(std::size_t n, std::size_t lane, bool limited, std::span<Pair> taken) {
    for (std::size_t g = 0; g < groups_; ++g) {
      taken[g] = chosen_[g] ? pair(n, g, lane).take(pair(n, g, lane).excess()) : Pair{};
    }
    if (!limited) return;
    int left = excess(n, lane);
    for (std::size_t g = 0; g < groups_ && left > 0; ++g) {
      if (!chosen_[g]) continue;
      Pair& from = pair(n, g, lane);
      const int room = from.same_sign() ? kPairLimit - taken[g].magnitude() : left;
      const Pair more = from.take(std::min({left, room, from.magnitude()}));
      taken[g] = {taken[g].first + more.first, taken[g].second + more.second};
      left -= more.magnitude();
    }
  }

  Pair& pair(std::size_t n, std::size_t g, std::size_t lane) {
    return pairs_[(n * groups_ + g) * 2 + lane];
  }

 private:
  template <class F>
  void for_each_lane(const F& f) {
    for (std::size_t n = 0; n < columns_; ++n) {
      for (const std::size_t lane : {std::size_t{0}, std::size_t{1}}) f(n, lane);
    }
  }

  /// What a lane's sum of magnitudes is too large by.
  int excess(std::size_t n, std::size_t lane) {
    int sum = -kLaneLimit;
    for (std::size_t g = 0; g < groups_; ++g) sum += pair(n, g, lane).magnitude();
    return sum;
  }

  struct Relief {
    std::size_t group;
    int amount;
  };
  Relief most_relieving_group() {
    std::array<int, kMaxChain> relief{};
    for_each_lane([&](std::size_t n, std::size_t lane) {
      int left = excess(n, lane);
      for (std::size_t g = 0; g < groups_; ++g) {
        if (chosen_[g]) left -= pair(n, g, lane).movable();
      }
      for (std::size_t g = 0; g < groups_ && left > 0; ++g) {
        if (!chosen_[g]) relief[g] += std::min(left, pair(n, g, lane).movable());
      }
    });
    const auto most = std::max_element(relief.begin(), relief.begin() + groups_);
    return {static_cast<std::size_t>(most - relief.begin()), *most};
  }

  std::size_t columns_;
  std::size_t groups_;
  std::array<Pair, kPanelWidth * kMaxChain * 2> pairs_;  ///< [column][group][lane]
  std::array<bool, kMaxChain> chosen_{};
};

/// Whether all columns of one chain meet its condition.
bool fits(std::span<const std::int8_t> weights, const WeightShape& panel, std::size_t segment,
          std::size_t first_group, std::size_t length) {
  const std::size_t begin = first_group * kGroup;
  const std::size_t size = std::min(length * kGroup, panel.depth - begin);
  for (std::size_t n = 0; n < panel.columns; ++n) {
    const std::size_t column = (n * panel.segments + segment) * panel.depth;
    if (!fits_chain(weights.subspan(column + begin, size), length)) return false;
  }
  return true;
}

}  // namespace

ChainSplit split_for_chain(std::span<const std::int8_t> weights, const WeightShape& panel,
                           std::size_t length) {
  ChainSplit split;
  split.chained.assign(weights.begin(), weights.end());
  split.residual.resize(weights.size());
  const bool limited = length > 1;
  const std::size_t groups = (panel.depth + kGroup - 1) / kGroup;
  const auto move = [&](std::size_t n, std::size_t segment, std::size_t k, int amount) {
    if (amount == 0) return;
    const std::size_t i = (n * panel.segments + segment) * panel.depth + k;
    split.chained[i] = static_cast<std::int8_t>(split.chained[i] - amount);
    split.residual[i] = static_cast<std::int8_t>(amount);
  };
  for (std::size_t segment = 0; segment < panel.segments; ++segment) {
    for (std::size_t first = 0; first < groups; first += length) {
      const std::size_t count = std::min(length, groups - first);
      if (fits(weights, panel, segment, first, length)) continue;
      Chain chain(weights, panel, segment, first, count);
      chain.choose(limited);
      for (std::size_t g = 0; g < count; ++g) {
        if (!chain.chosen(g)) continue;
        split.groups.push_back(static_cast<std::uint32_t>(segment * groups + first + g));
      }
      std::array<Pair, kMaxChain> taken;
      for (std::size_t n = 0; n < panel.columns; ++n) {
        for (const std::size_t lane : {std::size_t{0}, std::size_t{1}}) {
          chain.relieve(n, lane, limited, taken);
          for (std::size_t g = 0; g < count; ++g) {
            const std::size_t k = (first + g) * kGroup + 2 * lane;
            move(n, segment, k, taken[g].first);
            move(n, segment, k + 1, taken[g].second);
          }
        }
      }
    }
  }
  return split;
}

}  // namespace octavo::kernels
