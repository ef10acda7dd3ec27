#pragma once

#include <cstdint>
#include <span>

namespace octavo::tools {

/// Normal numbers that depend on the seed alone: the same on every platform and standard library,
/// which std::normal_distribution does not promise. The sum of twelve uniform numbers (Irwin-Hall)
/// stands for the normal distribution, computed in integers from SplitMix64 (Steele, Lea and Flood,
/// "Fast splittable pseudorandom number generators", OOPSLA 2014).
class SeededNormal {
 public:
  explicit SeededNormal(std::uint64_t seed) : state_(seed) {}

  /// The next number: mean 0, deviation 1, within [-6, 6].
  float next();

  /// Fills with numbers of the given mean and deviation.
  void fill(std::span<float> values, float mean, float deviation);

  /// Fills with numbers of mean 0 and the given deviation whose tails are as heavy as those of
  /// trained weights: each is drawn from one of three normal distributions (kurtosis 5.3; Laplace
  /// has 6). What int8 costs, and how fast it runs, depends on that.
  void fill_heavy_tailed(std::span<float> values, float deviation);

 private:
  std::uint64_t next_bits();

  std::uint64_t state_;
};

}  // namespace octavo::tools
