#pragma once

#include <cmath>
#include <cstdint>

namespace octavo::test {

/// Pseudo-random numbers, the same on every machine (SplitMix64; Steele, Lea and Flood 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t bits() {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  }

  /// In [low, high], both included.
  int between(int low, int high) {
    const auto count = static_cast<std::uint64_t>(std::int64_t{high} - low + 1);
    return static_cast<int>(low + static_cast<std::int64_t>((bits() >> 11U) % count));
  }

  /// In [low, high).
  float uniform(float low, float high) {
    const auto unit = static_cast<float>(bits() >> 40U) * 0x1p-24F;
    return low + (high - low) * unit;
  }

  /// Close to a standard normal distribution: the sum of twelve uniform numbers.
  float normal() {
    float sum = -6.0F;
    for (int i = 0; i < 12; ++i) sum += uniform(0.0F, 1.0F);
    return sum;
  }

 private:
  std::uint64_t state_;
};

}  // namespace octavo::test
