#include "tests/support/allocation_counter.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

#include <malloc.h>

// The global allocation functions, replaced to count. In a file of their own: where they are
// inlined next to a delete expression, GCC takes malloc and delete for a mismatch.
namespace {

std::atomic<std::size_t> allocations{0};
std::atomic<std::size_t> bytes{0};

void* counted(void* memory) noexcept {
  ++allocations;
  bytes += malloc_usable_size(memory);
  return memory;
}

void* checked(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void release(void* memory) noexcept {
  bytes -= malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) {
  return checked(counted(std::malloc(size == 0 ? 1 : size)));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return counted(std::malloc(size == 0 ? 1 : size));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto unit = static_cast<std::size_t>(alignment);
  return checked(counted(std::aligned_alloc(unit, (size + unit - 1) / unit * unit)));
}
void operator delete(void* memory) noexcept {
  release(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  release(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  release(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  release(memory);
}

namespace octavo::test {

std::size_t allocation_count() noexcept {
  return allocations;
}

std::size_t allocated_bytes() noexcept {
  return bytes;
}

}  // namespace octavo::test
