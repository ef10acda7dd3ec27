#include "kernels/aligned_buffer.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <new>
#include <utility>

#include <doctest/doctest.h>

using octavo::kernels::AlignedBuffer;

namespace {

constexpr std::size_t kHugePage = std::size_t{1} << 21U;

}  // namespace

TEST_CASE("aligned buffer: zeros on a boundary, with readable bytes behind") {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{1000}, kHugePage - 65, kHugePage - 64,
        kHugePage - 63, kHugePage, 3 * kHugePage - 64, 3 * kHugePage + 12345}) {
    CAPTURE(size);
    AlignedBuffer<std::byte> buffer(size);
    CHECK(buffer.size() == size);
    CHECK(reinterpret_cast<std::uintptr_t>(buffer.data()) % 64 == 0);
    const std::byte* const data = buffer.data();
    CHECK(std::all_of(data, data + size + 64, [](std::byte b) { return b == std::byte{0}; }));
    std::fill_n(buffer.data(), size, std::byte{1});
    const AlignedBuffer<std::byte> moved = std::move(buffer);
    CHECK(moved.data() == data);
    CHECK(std::all_of(data, data + size, [](std::byte b) { return b == std::byte{1}; }));
  }
}

TEST_CASE("aligned buffer: large ones leave nothing of the address space behind") {
  const auto mapped_pages = [] {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    return pages;
  };
  const std::size_t before = mapped_pages();
  for (std::size_t i = 0; i < 1000; ++i) AlignedBuffer<std::byte>((std::size_t{1} << 28U) + i);
  CHECK(mapped_pages() - before < 1000);
}

TEST_CASE("aligned buffer: more than there is") {
  CHECK_THROWS_AS(AlignedBuffer<std::byte>(SIZE_MAX - 4096), std::bad_alloc);
  CHECK_THROWS_AS(AlignedBuffer<std::byte>(SIZE_MAX / 4), std::bad_alloc);
}
