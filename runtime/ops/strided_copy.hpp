#pragma once

#include <memory>

#include "runtime/ops/strided.hpp"

namespace octavo::ops {

using CopyLoops = StridedLoops<1>;

/// A step that writes a row-major output from elements of input 0: the first lies at element
/// `start`, the others as `loops` say.
std::unique_ptr<Step> make_strided_copy(CopyLoops loops, std::int64_t start,
                                        std::size_t element_bytes);

/// Calls `use` with an unsigned integer of that many bytes: what moves elements of any type.
template <class Use>
auto with_bytes(std::size_t element_bytes, const Use& use) {
  switch (element_bytes) {
    case 1:
      return use(std::uint8_t{});
    case 2:
      return use(std::uint16_t{});
    case 4:
      return use(std::uint32_t{});
    default:
      return use(std::uint64_t{});
  }
}

}  // namespace octavo::ops
