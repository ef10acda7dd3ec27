#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/kernels.hpp"
#include "kernels/simd.hpp"

namespace octavo::kernels {
namespace {

/// `scaled` turns a vector of x into one of x / scale.
template <class A, class Scaled>
void quantize_scaled(const float* x, std::size_t n, std::int32_t zero, std::uint8_t* out,
                     const Scaled& scaled) noexcept {
  using Floats = simd::batch<float, A>;
  using Ints = simd::batch<std::int32_t, A>;
  constexpr std::size_t kStep = 4 * Floats::size;
  // All above is 255 in the end, and the conversion takes what is too large to the smallest int.
  const Floats bound(512.0F);
  const Ints zero_point(zero);
  const auto level = [&](const float* from) {
    const Floats bounded = simd::at_most(scaled(Floats::load_unaligned(from)), bound);
    return xsimd::nearbyint_as_int(bounded) + zero_point;
  };
  const auto levels = [&](const float* from) {
    return simd::narrow(level(from), level(from + Floats::size), level(from + 2 * Floats::size),
                        level(from + 3 * Floats::size));
  };

  std::size_t i = 0;
  for (; i + kStep <= n; i += kStep) levels(x + i).store_unaligned(out + i);
  if (i == n) return;
  float rest[kStep] = {};
  std::uint8_t quantized[kStep];
  std::memcpy(rest, x + i, (n - i) * sizeof(float));
  levels(rest).store_unaligned(quantized);
  std::memcpy(out + i, quantized, n - i);
}

template <class A>
void quantize(const float* x, std::size_t n, const Quantization& to, std::uint8_t* out) noexcept {
  using Floats = simd::batch<float, A>;
  if (to.divides) {
    const Floats scale(to.scale);
    quantize_scaled<A>(x, n, to.zero_point, out, [&](const Floats& from) {
      const Floats quotient = simd::divide(from, scale);
      return xsimd::select(xsimd::isnan(quotient), Floats(0.0F), quotient);
    });
  } else {
    const Floats reciprocal(to.reciprocal);
    quantize_scaled<A>(x, n, to.zero_point, out,
                       [&](const Floats& from) { return from * reciprocal; });
  }
}

}  // namespace
}  // namespace octavo::kernels
