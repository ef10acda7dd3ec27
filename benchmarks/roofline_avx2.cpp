#include <cstddef>
#include <cstdint>

#include "benchmarks/roofline.hpp"
#include "kernels/simd.hpp"

// Operands are pinned in every round: the compiler then takes them for new values, and leaves no
// product out.
namespace octavo::bench {
namespace {

namespace simd = kernels::simd;

using Isa = xsimd::fma3<xsimd::avx2>;
using Floats = simd::batch<float, Isa>;
using Ints = simd::batch<std::int32_t, Isa>;
using Shorts = simd::batch<std::int16_t, Isa>;
using Bytes = simd::batch<std::int8_t, Isa>;
using UnsignedBytes = simd::batch<std::uint8_t, Isa>;

/// Independent sums: enough to hide the latency of a fused multiply-add.
constexpr std::size_t kSums = 12;
/// The chains keep sums in int16 beside those in int32.
constexpr std::size_t kChains = 6;
constexpr std::size_t kChainLength = 4;

void run_float_fma(std::size_t rounds) noexcept {
  Floats x(1.0F);
  Floats y(0.5F);
  Floats sums[kSums];
  simd::unroll<kSums>([&](auto i) __attribute__((always_inline)) { sums[i] = Floats(0.0F); });
  for (std::size_t round = 0; round < rounds; ++round) {
    simd::pin(x);
    simd::unroll<kSums>([&](auto i) __attribute__((always_inline)) {
      sums[i] = xsimd::fma(x, y, sums[i]);
      simd::pin(sums[i]);
    });
  }
}

void run_int8_chain4(std::size_t rounds) noexcept {
  UnsignedBytes x(std::uint8_t{1});
  Bytes weights(std::int8_t{1});
  Shorts ones(std::int16_t{1});
  Ints sums[kChains];
  simd::unroll<kChains>([&](auto i) __attribute__((always_inline)) { sums[i] = Ints(0); });
  for (std::size_t round = 0; round < rounds; ++round) {
    Shorts lanes[kChains];
    simd::unroll<kChains>([&](auto i) __attribute__((always_inline)) {
      lanes[i] = ones;  // in the kernel the compensation
    });
    simd::unroll<kChainLength>([&](auto) __attribute__((always_inline)) {
      simd::unroll<kChains>([&](auto i) __attribute__((always_inline)) {
        simd::pin(x);
        lanes[i] += simd::maddubs(x, weights);
        simd::pin(lanes[i]);
      });
    });
    simd::unroll<kChains>([&](auto i) __attribute__((always_inline)) {
      sums[i] += simd::madd(lanes[i], ones);
      simd::pin(sums[i]);
    });
  }
}

void run_int16(std::size_t rounds) noexcept {
  Shorts x(std::int16_t{1});
  Shorts weights(std::int16_t{1});
  Ints sums[kSums];
  simd::unroll<kSums>([&](auto i) __attribute__((always_inline)) { sums[i] = Ints(0); });
  for (std::size_t round = 0; round < rounds; ++round) {
    simd::unroll<kSums>([&](auto i) __attribute__((always_inline)) {
      simd::pin(x);
      sums[i] += simd::madd(x, weights);
      simd::pin(sums[i]);
    });
  }
}

void read(const std::byte* p, std::size_t bytes) noexcept {
  constexpr std::size_t kVectors = 8;
  constexpr std::size_t kVectorBytes = sizeof(std::int32_t) * Ints::size;
  Ints sums[kVectors];
  simd::unroll<kVectors>([&](auto i) __attribute__((always_inline)) { sums[i] = Ints(0); });
  for (std::size_t at = 0; at < bytes; at += kVectors * kVectorBytes) {
    simd::unroll<kVectors>([&](auto i) __attribute__((always_inline)) {
      sums[i] +=
          Ints::load_aligned(reinterpret_cast<const std::int32_t*>(p + at + i * kVectorBytes));
    });
  }
  simd::unroll<kVectors>([&](auto i) __attribute__((always_inline)) { simd::pin(sums[i]); });
}

constexpr double kGroupProducts = 4.0;  // of one column, in one int32 lane

}  // namespace

constinit const Probes avx2_probes = {
    {"float_fma", kSums* Floats::size, run_float_fma},
    {"int8_chain4", kChains* kChainLength* kGroupProducts* Ints::size, run_int8_chain4},
    {"int16", kSums* Shorts::size, run_int16},
    read};

}  // namespace octavo::bench
