#include "runtime/graph/mapped_bytes.hpp"

#include <cstdint>
#include <functional>

#include <sys/mman.h>
#include <unistd.h>

namespace octavo {

void MappedBytes::release(std::span<const std::byte> part) const noexcept {
  const std::less<> before;
  if (owner == nullptr || before(part.data(), bytes.data()) ||
      !before(part.data(), bytes.data() + bytes.size())) {
    return;
  }
  // Whole pages only: others hold more than this part.
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto address = reinterpret_cast<std::uintptr_t>(part.data());
  const std::size_t skipped = (page - address % page) % page;
  if (part.size() < skipped + page) return;
  const std::size_t size = (part.size() - skipped) / page * page;
  ::madvise(const_cast<std::byte*>(part.data()) + skipped, size, MADV_DONTNEED);
}

}  // namespace octavo
