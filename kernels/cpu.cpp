#include "kernels/cpu.hpp"

#include <cstdint>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace octavo::kernels {

#if defined(__x86_64__)
namespace {

struct Registers {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

/// All zeros for a leaf that the CPU does not have.
Registers cpuid(unsigned leaf, unsigned subleaf = 0) {
  Registers r;
  __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
  return r;
}

bool bit(unsigned value, unsigned index) {
  return ((value >> index) & 1U) != 0;
}

/// The register state that the operating system saves (XCR0); callable once CPUID reports OSXSAVE.
std::uint64_t enabled_state() {
  unsigned low = 0;
  unsigned high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (std::uint64_t{high} << 32U) | low;
}

}  // namespace

// Bits as in the Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, CPUID.
CpuFeatures detect_cpu_features() noexcept {
  constexpr std::uint64_t kYmmState = 0x6;

  const Registers basic = cpuid(1);
  const Registers extended = cpuid(7);
  const bool os_saves_state = bit(basic.ecx, 27);
  const bool ymm = os_saves_state && (enabled_state() & kYmmState) == kYmmState;

  CpuFeatures cpu;
  cpu.sse41 = bit(basic.ecx, 19) && bit(basic.ecx, 9);  // with SSSE3
  cpu.avx2 = ymm && bit(basic.ecx, 28) && bit(extended.ebx, 5);
  cpu.fma = ymm && bit(basic.ecx, 12);
  cpu.f16c = ymm && bit(basic.ecx, 29);
  return cpu;
}
#else
CpuFeatures detect_cpu_features() noexcept {
  return {};
}
#endif

}  // namespace octavo::kernels
