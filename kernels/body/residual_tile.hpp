#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/body/int8_tiles.hpp"
#include "kernels/kernels.hpp"
#include "kernels/simd.hpp"

namespace octavo::kernels {
namespace {

/// What add_products counts a from.
template <class A>
inline constexpr std::int32_t kProductsOrigin = simd::dot4_sums<A> != 0 ? simd::dot4_origin<A> : 0;

/// One group of four k values of one row: adds the products of the four bytes in x, less
/// kProductsOrigin, with those of a vector of columns.
template <class A>
[[gnu::always_inline]] inline void add_products(simd::batch<std::int32_t, A>& sum,
                                                const simd::batch<std::uint8_t, A>& x,
                                                const simd::batch<std::int8_t, A>& weights) {
  if constexpr (simd::dot4_sums<A> != 0) {
    simd::batch<std::int32_t, A> sums[simd::dot4_sums<A>];
    simd::unroll<simd::dot4_sums<A>>([&](auto i) { sums[i] = simd::batch<std::int32_t, A>(0); });
    simd::dot4(sums, x, weights);
    sum += simd::dot4_total(sums);
  } else {
    sum += simd::madd(simd::maddubs(x, weights), simd::batch<std::int16_t, A>(std::int16_t{1}));
  }
}

/// Adds to the sums of `rows` rows, which count from `origin`, what was split off the weights of a
/// panel: sum of (a - origin) * residual.
template <class A>
void add_residual(const Int8Tile& tile, std::size_t rows, const Int8Residuals& residuals,
                  std::size_t panel, std::int32_t origin) {
  using Bytes = simd::batch<std::int8_t, A>;
  using Ints = simd::batch<std::int32_t, A>;
  constexpr std::size_t kVectors = kPanelWidth / Ints::size;
  const std::uint32_t* ends =
      residuals.ends + panel * static_cast<std::size_t>(tile.map->segments());
  const std::uint32_t begin = ends == residuals.ends ? 0 : ends[-1];
  for (std::size_t r = 0; r < rows; ++r) {
    std::int32_t* acc = tile.acc + r * kPanelWidth;
    Ints sums[kVectors];
    simd::unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
      const std::int32_t* of_column = residuals.sums + panel * kPanelWidth + v * Ints::size;
      sums[v] = Ints::load_aligned(acc + v * Ints::size) -
                Ints(origin - kProductsOrigin<A>) * Ints::load_aligned(of_column);
    });
    std::uint32_t i = begin;
    const std::uint32_t* end = ends;
    for_each_segment(
        *tile.map, [&](std::size_t k) __attribute__((always_inline)) {
          const std::uint8_t* a = tile.rows[r] + k;
          for (const std::uint32_t last = *end++; i < last; ++i) {
            const auto x = simd::repeat4<A>(a + std::size_t{4} * residuals.groups[i]);
            const std::int8_t* b = residuals.b + std::size_t{i} * kGroupBytes;
            simd::unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
              const Bytes weights = Bytes::load_aligned(b + v * Bytes::size);
              add_products(sums[v], x, weights);
            });
          }
        });
    simd::unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
      sums[v].store_aligned(acc + v * Ints::size);
    });
  }
}

}  // namespace
}  // namespace octavo::kernels
