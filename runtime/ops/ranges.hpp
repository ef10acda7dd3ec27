#pragma once

#include <algorithm>
#include <cstddef>

#include "runtime/plan/workers.hpp"

namespace octavo::ops {

/// Work on fewer elements than this stays on one thread: waking another costs more.
inline constexpr std::size_t kElementsPerThread = 32768;

/// Calls body(begin, end) for even ranges that cover [0, count), one per thread as far as each gets
/// kElementsPerThread elements.
template <class Body>
void for_ranges(Workers& workers, std::size_t count, std::size_t elements_per_item,
                const Body& body) {
  const std::size_t elements = count * elements_per_item;
  const std::size_t parts =
      std::max<std::size_t>(std::min({workers.threads(), elements / kElementsPerThread, count}), 1);
  workers.for_each(
      parts, [&](std::size_t part) { body(count * part / parts, count * (part + 1) / parts); });
}

}  // namespace octavo::ops
