#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace octavo {

/// A block of memory that is in use from step `first` to step `last`, both included.
struct ArenaRequest {
  std::size_t bytes = 0;
  std::size_t first = 0;
  std::size_t last = 0;
};

struct ArenaLayout {
  std::vector<std::size_t> offsets;  ///< per request, a multiple of kArenaAlignment
  std::size_t bytes = 0;             ///< of the whole arena
};

inline constexpr std::size_t kArenaAlignment = 64;

/// Places blocks so that those in use at the same time do not overlap: largest first, each in the
/// lowest gap that holds it (greedy by size, Pisarchyk and Lee, arXiv:2001.03288).
ArenaLayout plan_arena(std::span<const ArenaRequest> requests);

}  // namespace octavo
