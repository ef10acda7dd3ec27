#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/kernels.hpp"
#include "kernels/simd.hpp"

namespace octavo::kernels {
namespace {

template <class A>
void quantize(const float* x, std::size_t n, const Quantization& to, std::uint8_t* out) noexcept {
  using Floats = simd::batch<float, A>;
  using Ints = simd::batch<std::int32_t, A>;
  constexpr std::size_t kStep = 4 * Floats::size;
  const Floats reciprocal(to.reciprocal);
  // All above is 255 in the end, and the conversion takes what is too large to the smallest int.
  const Floats bound(512.0F);
  const Ints zero_point(to.zero_point);
  const auto level = [&](const float* from) {
    const Floats scaled = Floats::load_unaligned(from) * reciprocal;
    return xsimd::nearbyint_as_int(simd::at_most(scaled, bound)) + zero_point;
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

}  // namespace
}  // namespace octavo::kernels
