#include "kernels/aligned_buffer.hpp"

#include <cstdint>
#include <cstring>
#include <new>

#include <sys/mman.h>

namespace octavo::kernels {
namespace {

constexpr std::align_val_t kAlignment{64};
/// The size of a huge page on x86-64 and aarch64 with 4 KiB pages, and of the smallest large block.
constexpr std::size_t kHugePage = std::size_t{1} << 21U;

/// What a large block takes of the address space: whole huge pages, a multiple of any page.
std::size_t mapped_bytes(std::size_t bytes) {
  return (bytes + kHugePage - 1) / kHugePage * kHugePage;
}

/// Maps a large block to the boundary of a huge page.
void* map_block(std::size_t bytes) {
  if (bytes > SIZE_MAX - 2 * kHugePage) throw std::bad_alloc();
  const std::size_t size = mapped_bytes(bytes);
  void* const mapped =
      ::mmap(nullptr, size + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  auto* const begin = static_cast<std::byte*>(mapped);
  const std::size_t before =
      (kHugePage - reinterpret_cast<std::uintptr_t>(begin) % kHugePage) % kHugePage;
  if (before > 0) ::munmap(begin, before);
  ::munmap(begin + before + size, kHugePage - before);
#ifdef MADV_HUGEPAGE
  // Not for the last part, so that no more is used than was asked for. Where the system refuses,
  // small pages do.
  ::madvise(begin + before, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
#endif
  return begin + before;
}

}  // namespace

void* allocate_zeroed(std::size_t bytes) {
  if (bytes >= kHugePage) return map_block(bytes);
  void* const memory = ::operator new(bytes, kAlignment);
  std::memset(memory, 0, bytes);
  return memory;
}

void free_zeroed(void* memory, std::size_t bytes) noexcept {
  if (bytes < kHugePage) {
    ::operator delete(memory, kAlignment);
  } else {
    ::munmap(memory, mapped_bytes(bytes));
  }
}

}  // namespace octavo::kernels
