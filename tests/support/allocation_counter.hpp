#pragma once

#include <cstddef>

namespace octavo::test {

/// Calls of the global operator new in this program so far.
std::size_t allocation_count() noexcept;

/// Bytes that it gave and that were not deleted yet, with what the allocator rounds up.
std::size_t allocated_bytes() noexcept;

}  // namespace octavo::test
