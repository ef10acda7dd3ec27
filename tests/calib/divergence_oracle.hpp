#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

/// The Kullback-Leibler divergence of S. Migacz, "8-bit Inference with TensorRT", GTC 2017, step by
/// step: P and Q as arrays, one pass over all bins for each candidate.
namespace octavo::test {

/// `counts` as the search sees them: the bin of zero at most as full as its fuller neighbour.
inline std::vector<std::uint64_t> without_zeros(std::vector<std::uint64_t> counts,
                                                std::size_t zero_bin) {
  const std::uint64_t left = zero_bin > 0 ? counts[zero_bin - 1] : 0;
  const std::uint64_t right = zero_bin + 1 < counts.size() ? counts[zero_bin + 1] : 0;
  counts[zero_bin] = std::min(counts[zero_bin], std::max(left, right));
  return counts;
}

/// Of the bins [first, last), quantized to `levels`.
inline double textbook_divergence(const std::vector<std::uint64_t>& counts, std::size_t first,
                                  std::size_t last, std::size_t levels) {
  const auto at = [&](std::size_t i) { return counts.begin() + static_cast<std::ptrdiff_t>(i); };
  const std::vector<std::uint64_t> kept(at(first), at(last));
  std::vector<double> p(kept.begin(), kept.end());
  for (std::size_t i = 0; i < first; ++i) p.front() += static_cast<double>(counts[i]);
  for (std::size_t i = last; i < counts.size(); ++i) p.back() += static_cast<double>(counts[i]);

  std::vector<double> q(kept.size(), 0.0);
  for (std::size_t level = 0; level < levels; ++level) {
    const std::size_t begin = level * kept.size() / levels;
    const std::size_t end = (level + 1) * kept.size() / levels;
    double mass = 0.0;
    int occupied = 0;
    for (std::size_t i = begin; i < end; ++i) {
      mass += static_cast<double>(kept[i]);
      occupied += p[i] != 0.0 ? 1 : 0;
    }
    for (std::size_t i = begin; i < end; ++i) {
      if (p[i] != 0.0) q[i] = mass / occupied;
    }
  }

  double p_total = 0.0;
  double q_total = 0.0;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    p_total += p[i];
    q_total += q[i];
  }
  if (q_total == 0.0) return std::numeric_limits<double>::infinity();
  double divergence = 0.0;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (p[i] == 0.0) continue;
    const double probability = p[i] / p_total;
    const double quantized = q[i] == 0.0 ? 1e-9 : q[i] / q_total;
    divergence += probability * std::log(probability / quantized);
  }
  return divergence;
}

}  // namespace octavo::test
