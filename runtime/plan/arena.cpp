#include "runtime/plan/arena.hpp"

#include <algorithm>
#include <numeric>

namespace octavo {
namespace {

std::size_t aligned(std::size_t bytes) {
  return (bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment;
}

bool in_use_together(const ArenaRequest& a, const ArenaRequest& b) {
  return a.first <= b.last && b.first <= a.last;
}

}  // namespace

ArenaLayout plan_arena(std::span<const ArenaRequest> requests) {
  std::vector<std::size_t> order(requests.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::ranges::greater{},
                           [&](std::size_t i) { return requests[i].bytes; });

  ArenaLayout layout;
  layout.offsets.assign(requests.size(), 0);
  std::vector<std::size_t> placed;  // in order of offset
  for (const std::size_t i : order) {
    std::size_t offset = 0;
    for (const std::size_t other : placed) {
      if (!in_use_together(requests[i], requests[other])) continue;
      if (offset + aligned(requests[i].bytes) <= layout.offsets[other]) break;
      offset = std::max(offset, layout.offsets[other] + aligned(requests[other].bytes));
    }
    layout.offsets[i] = offset;
    layout.bytes = std::max(layout.bytes, offset + aligned(requests[i].bytes));
    const auto position = std::ranges::upper_bound(
        placed, offset, {}, [&](std::size_t other) { return layout.offsets[other]; });
    placed.insert(position, i);
  }
  return layout;
}

}  // namespace octavo
