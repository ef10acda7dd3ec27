#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kernels/kernels.hpp"

namespace octavo::kernels {
namespace {

/// The nearest level, half to even, within the range of weights.
float weight_level(float x) noexcept {
  const float q = (x + kNoFraction) - kNoFraction;
  return q > -kLargestWeight ? (q < kLargestWeight ? q : kLargestWeight) : -kLargestWeight;
}

double rounding_noise(const float* w, std::size_t n, float scale) noexcept {
  constexpr std::size_t kSums = 16;
  const float reciprocal = 1.0F / scale;
  float sums[kSums] = {};
  for (std::size_t i = 0; i < n; ++i) {
    const float x = w[i] * reciprocal;
    const float error = x - weight_level(x);
    sums[i % kSums] += error * error;
  }
  double total = 0.0;
  for (const float sum : sums) total += sum;
  return total * scale * scale;
}

void round_weights(const float* w, std::size_t n, float scale, std::int8_t* values,
                   float* errors) noexcept {
  for (std::size_t i = 0; i < n; ++i) {
    const float x = w[i] / scale;
    const float q = weight_level(x);
    const float error = x - q;
    values[i] = static_cast<std::int8_t>(q);
    errors[i] = std::abs(error) <= 1.0F ? error : 0.0F;
  }
}

}  // namespace
}  // namespace octavo::kernels
