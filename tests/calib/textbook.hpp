#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "tests/calib/divergence_oracle.hpp"

/// The searches of the range estimators as their sources describe them, without regard to speed:
/// what tests compare with and benchmarks measure against. Histograms start at zero with bins of
/// width 1.
namespace octavo::test {

/// The bins [first, last).
struct Bins {
  std::size_t first = 0;
  std::size_t last = 0;
};

inline Bins textbook_coverage(const std::vector<std::uint64_t>& counts, double coverage) {
  Bins bins{0, counts.size()};
  const auto share = [&] {
    const auto at = [&](std::size_t i) { return counts.begin() + static_cast<std::ptrdiff_t>(i); };
    return std::accumulate(at(bins.first), at(bins.last), 0.0) /
           std::accumulate(counts.begin(), counts.end(), 0.0);
  };
  while (bins.last - bins.first > 1 && share() > coverage) {
    counts[bins.first] > counts[bins.last - 1] ? --bins.last : ++bins.first;
  }
  return bins;
}

/// The threshold on magnitudes with the least divergence.
inline std::size_t textbook_entropy(const std::vector<std::uint64_t>& counts, std::size_t levels,
                                    std::size_t step) {
  const std::vector<std::uint64_t> seen = without_zeros(counts, 0);
  std::size_t best = counts.size();
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t bins = counts.size(); bins >= levels; bins -= step) {
    const double divergence = textbook_divergence(seen, 0, bins, levels);
    if (divergence < least - 1e-9) {
      least = divergence;
      best = bins;
    }
  }
  return best;
}

/// The value whose number in order is ceil(n * percentile / 100).
inline float textbook_percentile(std::vector<float> x, double percentile) {
  std::ranges::sort(x);
  const double rank = std::ceil(static_cast<double>(x.size()) * percentile / 100.0);
  return x[static_cast<std::size_t>(rank) - 1];
}

/// The sum of squared errors when the bins [first, last) are kept; zero lies at bin edge `zero`.
inline double textbook_error(const std::vector<std::uint64_t>& counts, double zero,
                             std::size_t first, std::size_t last, double levels) {
  const double low = std::min(static_cast<double>(first), zero);
  const double high = std::max(static_cast<double>(last), zero);
  const double step = (high - low) / levels;
  double error = 0.0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double centre = static_cast<double>(i) + 0.5;
    const double distance = i < first  ? static_cast<double>(first) - centre
                            : i < last ? 0.0
                                       : centre - static_cast<double>(last);
    const bool inside = i >= first && i < last;
    error += static_cast<double>(counts[i]) *
             (inside ? step * step / 12.0 : distance * distance + 1.0 / 12.0);
  }
  return error;
}

/// The pair of ends around zero with the least error.
inline Bins textbook_mse(const std::vector<std::uint64_t>& counts, double zero, double levels,
                         std::size_t step) {
  Bins best{0, counts.size()};
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t first = 0; static_cast<double>(first) <= std::max(zero, 0.0); first += step) {
    for (std::size_t last = counts.size(); last > first && static_cast<double>(last) >= zero;
         last -= step) {
      const double error = textbook_error(counts, zero, first, last, levels);
      if (error < least) {
        least = error;
        best = {first, last};
      }
      if (last < step) break;
    }
  }
  return best;
}

struct Scale {
  double sigma = 0.0;
  double b = 0.0;
};

/// Standard deviation and mean deviation.
inline Scale textbook_scale(const std::vector<float>& x) {
  const double n = static_cast<double>(x.size());
  const double mean = std::accumulate(x.begin(), x.end(), 0.0) / n;
  Scale scale;
  for (const float value : x) {
    const double deviation = static_cast<double>(value) - mean;
    scale.sigma += deviation * deviation / n;
    scale.b += std::abs(deviation) / n;
  }
  scale.sigma = std::sqrt(scale.sigma);
  return scale;
}

}  // namespace octavo::test
