#pragma once

#include <cstddef>
#include <limits>

#include "kernels/body/exponential.hpp"
#include "kernels/body/store.hpp"
#include "kernels/simd.hpp"

namespace octavo::kernels {
namespace {

/// A NaN anywhere, or an infinite maximum, makes the whole row NaN, as the sum is.
template <class A>
void softmax_row(const float* x, std::size_t n, float* out) {
  using Floats = simd::batch<float, A>;
  constexpr std::size_t kLanes = Floats::size;
  constexpr float kLowest = -std::numeric_limits<float>::infinity();

  Floats largest(kLowest);
  for (std::size_t i = 0; i < n; i += kLanes) {
    largest = xsimd::max(load_first<A>(x + i, n - i, kLowest), largest);
  }
  float lanes[kLanes];
  largest.store_unaligned(lanes);
  float maximum = kLowest;
  for (const float lane : lanes) maximum = lane > maximum ? lane : maximum;

  Floats sums(0.0F);
  for (std::size_t i = 0; i < n; i += kLanes) {
    const Floats e = exponential<A>(load_first<A>(x + i, n - i, kLowest) - Floats(maximum));
    sums += e;
    store_first(e, n - i, out + i);
  }
  sums.store_unaligned(lanes);
  float sum = 0.0F;
  for (const float lane : lanes) sum += lane;

  const Floats divisor(sum);
  for (std::size_t i = 0; i < n; i += kLanes) {
    store_first(simd::divide(load_first<A>(out + i, n - i, 0.0F), divisor), n - i, out + i);
  }
}

template <class A>
void softmax(const float* x, std::size_t rows, std::size_t n, float* out) noexcept {
  for (std::size_t r = 0; r < rows; ++r) softmax_row<A>(x + r * n, n, out + r * n);
}

}  // namespace
}  // namespace octavo::kernels
