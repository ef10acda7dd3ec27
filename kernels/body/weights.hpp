#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/kernels.hpp"
#include "kernels/simd.hpp"

namespace octavo::kernels {
namespace {

/// The nearest levels, half to even, within the range of weights.
template <class A>
simd::batch<float, A> weight_levels(const simd::batch<float, A>& x) noexcept {
  using Floats = simd::batch<float, A>;
  const Floats no_fraction(kNoFraction);
  const Floats whole = (x + no_fraction) - no_fraction;
  return xsimd::min(xsimd::max(whole, Floats(-kLargestWeight)), Floats(kLargestWeight));
}

/// Sixteen sums, element i in number i % 16, added in order, as the reference does.
template <class A>
double rounding_noise(const float* w, std::size_t n, float scale) noexcept {
  using Floats = simd::batch<float, A>;
  constexpr std::size_t kSums = 16;
  constexpr std::size_t kParts = kSums / Floats::size;
  const Floats reciprocal(1.0F / scale);
  Floats sums[kParts];
  simd::unroll<kParts>([&](auto p) { sums[p] = Floats(0.0F); });
  const auto add = [&](const float* from) {
    simd::unroll<kParts>([&](auto p) {
      const Floats x = Floats::load_unaligned(from + p * Floats::size) * reciprocal;
      const Floats error = x - weight_levels<A>(x);
      sums[p] = sums[p] + error * error;
    });
  };

  std::size_t i = 0;
  for (; i + kSums <= n; i += kSums) add(w + i);
  if (i < n) {
    float rest[kSums] = {};
    std::memcpy(rest, w + i, (n - i) * sizeof(float));
    add(rest);
  }
  float totals[kSums];
  simd::unroll<kParts>([&](auto p) { sums[p].store_unaligned(totals + p * Floats::size); });
  double total = 0.0;
  for (const float sum : totals) total += sum;
  return total * scale * scale;
}

template <class A>
void round_weights(const float* w, std::size_t n, float scale, std::int8_t* values,
                   float* errors) noexcept {
  using Floats = simd::batch<float, A>;
  using Ints = simd::batch<std::int32_t, A>;
  using Bytes = simd::batch<std::uint8_t, A>;
  constexpr std::size_t kStep = 4 * Floats::size;
  const Floats divisor(scale);
  const auto round = [&](const float* from, std::int8_t* to, float* error_of) {
    Ints levels[4];
    simd::unroll<4>([&](auto p) {
      const Floats x = simd::divide<A>(Floats::load_unaligned(from + p * Floats::size), divisor);
      const Floats q = weight_levels<A>(x);
      const Floats error = x - q;
      xsimd::select(xsimd::abs(error) > Floats(1.0F), Floats(0.0F), error)
          .store_unaligned(error_of + p * Floats::size);
      levels[p] = simd::truncate_to_int<A>(q) + Ints(128);
    });
    // Back to q, modulo 2^8.
    const Bytes bytes =
        simd::narrow<A>(levels[0], levels[1], levels[2], levels[3]) - Bytes(std::uint8_t{128});
    bytes.store_unaligned(reinterpret_cast<std::uint8_t*>(to));
  };

  std::size_t i = 0;
  for (; i + kStep <= n; i += kStep) round(w + i, values + i, errors + i);
  if (i == n) return;
  float rest[kStep] = {};
  std::int8_t rest_values[kStep];
  float rest_errors[kStep];
  std::memcpy(rest, w + i, (n - i) * sizeof(float));
  round(rest, rest_values, rest_errors);
  std::memcpy(values + i, rest_values, n - i);
  std::memcpy(errors + i, rest_errors, (n - i) * sizeof(float));
}

}  // namespace
}  // namespace octavo::kernels
