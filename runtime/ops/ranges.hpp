#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "kernels/kernels.hpp"
#include "runtime/plan/workers.hpp"

namespace octavo::ops {

/// Work on fewer elements than this stays on one thread: waking another costs more.
inline constexpr std::size_t kElementsPerThread = 32768;

/// In how many parts `count` items are divided: one per thread as far as each gets
/// kElementsPerThread elements.
inline std::size_t part_count(const Workers& workers, std::size_t count,
                              std::size_t elements_per_item) {
  const std::size_t elements = count * elements_per_item;
  return std::max<std::size_t>(std::min({workers.threads(), elements / kElementsPerThread, count}),
                               1);
}

/// Calls body(begin, end) for even ranges that cover [0, count).
template <class Body>
void for_ranges(Workers& workers, std::size_t count, std::size_t elements_per_item,
                const Body& body) {
  const std::size_t parts = part_count(workers, count, elements_per_item);
  workers.for_each(
      parts, [&](std::size_t part) { body(count * part / parts, count * (part + 1) / parts); });
}

/// The same for a body that returns extremes, which are merged; `partial` has one entry per thread.
template <class Body>
kernels::Extrema extrema_of_ranges(Workers& workers, std::size_t count,
                                   std::size_t elements_per_item,
                                   std::span<kernels::Extrema> partial, const Body& body) {
  const std::size_t parts = part_count(workers, count, elements_per_item);
  workers.for_each(parts, [&](std::size_t part) {
    partial[part] = body(count * part / parts, count * (part + 1) / parts);
  });
  kernels::Extrema all;
  for (const kernels::Extrema& extrema : partial.first(parts)) all.merge(extrema);
  return all;
}

}  // namespace octavo::ops
