#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/range_estimator.hpp"

#include "calib/range_finder.hpp"
#include "kernels/dispatch.hpp"

/// Statistics and data for the tests of range estimators.
namespace octavo::test {

using Counts = std::vector<std::uint64_t>;

/// A histogram whose extrema are its outer edges. `counts` must outlive the result.
inline ActivationStatistics histogram_statistics(const Counts& counts, float low, float high,
                                                 Scheme scheme) {
  ActivationStatistics statistics;
  statistics.scheme = scheme;
  statistics.extrema = {low, high};
  statistics.histogram = {counts, low, high};
  return statistics;
}

inline kernels::Extrema extrema_of(std::span<const float> x) {
  const auto [low, high] = std::ranges::minmax(x);
  return {low, high, true};
}

/// The work of a layer large enough for the longest automatic sample.
inline constexpr std::uint64_t kMacs = std::uint64_t{1} << 24U;

/// The range that the runtime would find for x.
inline Range find_range(const std::shared_ptr<const RangeEstimator>& estimator, Scheme scheme,
                        std::span<const float> x, const Range* previous = nullptr) {
  const calib::RangeFinder finder(estimator, scheme, kMacs);
  // What the workspace held before must not matter.
  std::vector<std::uint64_t> workspace(finder.workspace_bytes() / sizeof(std::uint64_t) + 1, 12345);
  return finder.find(kernels::select_kernels("reference"), x, extrema_of(x), previous,
                     std::as_writable_bytes(std::span(workspace)));
}

inline std::vector<float> normal_values(std::size_t n, float mean, float deviation,
                                        std::uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> distribution(mean, deviation);
  std::vector<float> x(n);
  std::ranges::generate(x, [&] { return distribution(random); });
  return x;
}

inline void check_range(Range range, float low, float high) {
  CHECK(range.low == low);
  CHECK(range.high == high);
}

}  // namespace octavo::test
