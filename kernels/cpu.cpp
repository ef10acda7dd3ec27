#include "kernels/cpu.hpp"

#include <cstdint>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
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
  constexpr std::uint64_t kZmmState = 0xE6;  // with the mask registers

  const Registers basic = cpuid(1);
  const Registers extended = cpuid(7);
  const Registers more = extended.eax >= 1 ? cpuid(7, 1) : Registers{};
  const std::uint64_t state = bit(basic.ecx, 27) ? enabled_state() : 0;
  const bool ymm = (state & kYmmState) == kYmmState;
  const bool zmm = (state & kZmmState) == kZmmState;

  CpuFeatures cpu;
  cpu.sse41 = bit(basic.ecx, 19) && bit(basic.ecx, 9);  // with SSSE3
  cpu.avx2 = ymm && bit(basic.ecx, 28) && bit(extended.ebx, 5);
  cpu.fma = ymm && bit(basic.ecx, 12);
  cpu.f16c = ymm && bit(basic.ecx, 29);
  cpu.avxvnni = ymm && bit(more.eax, 4);
  cpu.avx512 = zmm && bit(extended.ebx, 16) && bit(extended.ebx, 17) && bit(extended.ebx, 28) &&
               bit(extended.ebx, 30) && bit(extended.ebx, 31);
  cpu.avx512vnni = zmm && bit(extended.ecx, 11);
  return cpu;
}
#elif defined(__aarch64__) && defined(__linux__)
// Bits as in Linux, Documentation/arch/arm64/elf_hwcaps.rst.
CpuFeatures detect_cpu_features() noexcept {
  CpuFeatures cpu;
  cpu.dotprod = (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
  cpu.i8mm = (getauxval(AT_HWCAP2) & HWCAP2_I8MM) != 0;
  return cpu;
}
#else
CpuFeatures detect_cpu_features() noexcept {
  return {};
}
#endif

}  // namespace octavo::kernels
