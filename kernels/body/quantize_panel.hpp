#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "kernels/body/store.hpp"
#include "kernels/kernels.hpp"
#include "kernels/simd.hpp"

namespace octavo::kernels {
namespace {

/// One batch of columns: `panel` is where its bytes start, groups being kPanelWidth columns apart.
template <class A>
bool quantize_columns(const float* b, std::size_t depth, std::size_t columns, std::size_t stride,
                      std::int8_t* panel, std::int32_t* sums, float* scales) {
  using Floats = simd::batch<float, A>;
  using Ints = simd::batch<std::int32_t, A>;
  constexpr std::size_t kGroup = 4;
  const auto row = [&](std::size_t k) { return load_first<A>(b + k * stride, columns, 0.0F); };

  Floats magnitude(0.0F);
  Floats poison(0.0F);  // x * 0 of all x, or-ed
  for (std::size_t k = 0; k < depth; ++k) {
    const Floats x = row(k);
    magnitude = xsimd::max(xsimd::abs(x), magnitude);
    poison = poison | (x * Floats(0.0F));
  }
  const Floats one(1.0F);
  const Floats smallest = magnitude * Floats(1.0F / static_cast<float>(kPanelLevels));
  const auto usable = simd::divide(one, smallest) < Floats(std::numeric_limits<float>::infinity());
  const Floats scale = xsimd::select(usable, smallest, one);
  const Floats reciprocal = simd::divide(one, scale);
  scale.store_unaligned(scales);

  Ints sum(0);
  for (std::size_t k = 0; k < depth; k += kGroup, panel += kGroup * kPanelWidth) {
    const std::size_t rows = depth - k < kGroup ? depth - k : kGroup;
    Ints bytes(0);
    for (std::size_t i = 0; i < rows; ++i) {
      const Ints level = xsimd::nearbyint_as_int(row(k + i) * reciprocal);
      sum += level;
      bytes = bytes | ((level & Ints(0xFF)) << static_cast<int>(8 * i));
    }
    bytes.store_unaligned(reinterpret_cast<std::int32_t*>(panel));
  }
  sum.store_unaligned(sums);
  return !xsimd::any(xsimd::isnan(poison));
}

template <class A>
bool quantize_panel(const float* b, std::size_t depth, std::size_t columns, std::size_t stride,
                    const QuantizedPanel& to) noexcept {
  bool finite = true;
  for (std::size_t n = 0; n < kPanelWidth; n += simd::lanes<float, A>) {
    finite &= quantize_columns<A>(b + n, depth, columns_from(n, columns), stride, to.b + 4 * n,
                                  to.sums + n, to.scales + n);
  }
  return finite;
}

}  // namespace
}  // namespace octavo::kernels
