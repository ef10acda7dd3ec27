#pragma once

#include <cstddef>

#include "kernels/kernels.hpp"
#include "kernels/simd.hpp"

namespace octavo::kernels {
namespace {

/// The biases of a batch of columns, zeros when there are none.
template <class A>
[[gnu::always_inline]] inline simd::batch<float, A> bias_at(const float* bias, std::size_t column) {
  using Floats = simd::batch<float, A>;
  return bias != nullptr ? Floats::load_unaligned(bias + column) : Floats(0.0F);
}

/// Loads `count` values, at most a batch, with `filling` behind them.
template <class A>
simd::batch<float, A> load_first(const float* from, std::size_t count, float filling) {
  constexpr std::size_t kLanes = simd::lanes<float, A>;
  if (count >= kLanes) return simd::batch<float, A>::load_unaligned(from);
  float buffer[kLanes];
  for (std::size_t i = 0; i < kLanes; ++i) buffer[i] = i < count ? from[i] : filling;
  return simd::batch<float, A>::load_unaligned(buffer);
}

/// Stores the first `count` values, all when there are more.
template <class T, class A>
void store_first(const simd::batch<T, A>& values, std::size_t count, T* out) {
  if (count >= values.size) {
    values.store_unaligned(out);
  } else {
    simd::store_part(values, count, out);
  }
}

/// Fetches the lines of `rows` rows of a panel that are soon to be written, `stride` elements
/// apart.
template <class T>
[[gnu::always_inline]] inline void prefetch_rows(const T* out, std::size_t rows,
                                                 std::size_t stride) {
  for (std::size_t r = 0; r < rows; ++r) simd::prefetch_to_write(out + r * stride);
}

/// Of `columns` columns, those from `column` on.
inline std::size_t columns_from(std::size_t column, std::size_t columns) {
  return column < columns ? columns - column : 0;
}

}  // namespace
}  // namespace octavo::kernels
