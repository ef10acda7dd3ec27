#pragma once

#include <cstddef>

namespace octavo::test {

/// Calls of the global operator new in this program so far.
std::size_t allocation_count() noexcept;

}  // namespace octavo::test
