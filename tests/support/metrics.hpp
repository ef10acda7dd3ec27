#pragma once

#include <cmath>
#include <cstddef>
#include <span>

namespace octavo::test {

/// The cosine of the angle between two vectors; 1 for two zero vectors.
inline double cosine(std::span<const float> a, std::span<const float> b) {
  double dot = 0.0;
  double aa = 0.0;
  double bb = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    dot += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    aa += static_cast<double>(a[i]) * static_cast<double>(a[i]);
    bb += static_cast<double>(b[i]) * static_cast<double>(b[i]);
  }
  return aa == 0.0 && bb == 0.0 ? 1.0 : dot / std::sqrt(aa * bb);
}

/// Signal to quantization noise in dB: the power of `exact` over that of the difference.
inline double sqnr(std::span<const float> exact, std::span<const float> approximate) {
  double signal = 0.0;
  double noise = 0.0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const double difference = static_cast<double>(exact[i]) - static_cast<double>(approximate[i]);
    signal += static_cast<double>(exact[i]) * static_cast<double>(exact[i]);
    noise += difference * difference;
  }
  return noise == 0.0 ? 200.0 : 10.0 * std::log10(signal / noise);
}

/// The index of the largest element.
inline std::size_t argmax(std::span<const float> values) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < values.size(); ++i) {
    if (values[i] > values[best]) best = i;
  }
  return best;
}

}  // namespace octavo::test
