#include "runtime/plan/arena.hpp"

#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

using namespace octavo;

namespace {

/// No two blocks that are in use at the same time share a byte, and all lie inside the arena.
void require_valid(const std::vector<ArenaRequest>& requests, const ArenaLayout& layout) {
  REQUIRE(layout.offsets.size() == requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    CHECK(layout.offsets[i] % kArenaAlignment == 0);
    CHECK(layout.offsets[i] + requests[i].bytes <= layout.bytes);
    for (std::size_t j = 0; j < i; ++j) {
      const bool together =
          requests[i].first <= requests[j].last && requests[j].first <= requests[i].last;
      const bool apart = layout.offsets[i] + requests[i].bytes <= layout.offsets[j] ||
                         layout.offsets[j] + requests[j].bytes <= layout.offsets[i];
      CHECK((!together || apart));
    }
  }
}

}  // namespace

TEST_CASE("arena: blocks of different times share memory") {
  const std::vector<ArenaRequest> requests{{1000, 0, 1}, {1000, 2, 3}, {1000, 4, 5}};
  const ArenaLayout layout = plan_arena(requests);
  require_valid(requests, layout);
  CHECK(layout.bytes == 1024);
}

TEST_CASE("arena: a gap between two long-lived blocks is reused") {
  const std::vector<ArenaRequest> requests{{640, 0, 9}, {256, 0, 2}, {64, 0, 9}, {256, 4, 9}};
  const ArenaLayout layout = plan_arena(requests);
  require_valid(requests, layout);
  CHECK(layout.bytes == 640 + 256 + 64);
}

TEST_CASE("arena: nothing to place") {
  const ArenaLayout layout = plan_arena({});
  CHECK(layout.bytes == 0);
  CHECK(layout.offsets.empty());
}

TEST_CASE("arena: random lifetimes never overlap and stay below the sum") {
  std::uint32_t state = 7;
  const auto random = [&](std::uint32_t below) {
    state = state * 1664525U + 1013904223U;
    return (state >> 8U) % below;
  };
  for (int round = 0; round < 50; ++round) {
    std::vector<ArenaRequest> requests;
    std::size_t sum = 0;
    for (int i = 0; i < 60; ++i) {
      const std::size_t first = random(40);
      requests.push_back({random(5000), first, first + random(6)});
      sum += (requests.back().bytes + 63) / 64 * 64;
    }
    const ArenaLayout layout = plan_arena(requests);
    require_valid(requests, layout);
    CHECK(layout.bytes < sum);
  }
}
