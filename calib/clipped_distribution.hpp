#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "octavo/range_estimator.hpp"

#include "calib/bin_interval.hpp"

namespace octavo::calib {

/// The distribution of an activation's values as clipping narrows it from both ends, and how far
/// its quantized form is from it, after S. Migacz, "8-bit Inference with TensorRT", GTC 2017:
///
/// P, the clipped distribution: the bins that are kept; the first and the last one also hold the
/// values that were clipped to them.
/// Q, its quantized form: the kept bins without the clipped values, merged into `levels` groups
/// whose sizes differ by at most one bin, each group's values spread evenly over those of its bins
/// that are not empty in P. A bin that only clipped values occupy, in a group that is otherwise
/// empty, gets a small probability instead of none.
///
/// Zeros do not count (calib/zero_bin.hpp). The bin of zero is never clipped, because every range
/// is widened to hold zero.
///
/// Holds prefix sums, about 80 KB, and is meant to live on the stack.
class ClippedDistribution {
 public:
  static constexpr std::size_t kLeastLevels = 4;

  /// Clips nothing. The histogram has 1 to kMaxHistogramBins bins.
  explicit ClippedDistribution(const HistogramView& histogram) noexcept;

  [[nodiscard]] BinInterval kept() const noexcept { return kept_; }

  /// Clips the end bin that holds fewer values, or the other one where that would clip zero.
  void narrow() noexcept;

  /// The Kullback-Leibler divergence of Q from P in nats; infinite when no value is left unclipped.
  /// `levels`: a power of two, at least kLeastLevels and at most the number of kept bins. Takes
  /// time proportional to it.
  [[nodiscard]] double divergence(std::size_t levels) const noexcept;

  /// A part of it that takes constant time, and never more than all of it: the divergence between
  /// three outcomes, the groups at the ends and all of the others (the chain rule: merging outcomes
  /// never increases the divergence).
  [[nodiscard]] double clipping_divergence(std::size_t levels) const noexcept;

 private:
  /// A group at an end: the bin there, the values of Q and in how many bins they are spread, and
  /// the values that P has clipped to it.
  struct End {
    std::size_t bin;
    double own;
    int occupied;
    std::uint64_t clipped;
    [[nodiscard]] double in_q(double inside) const noexcept;  ///< values of Q in each such bin
  };
  struct Ends {
    std::uint64_t inside;
    End left;
    End right;
  };
  [[nodiscard]] Ends ends(std::size_t levels) const noexcept;
  [[nodiscard]] std::uint64_t count(std::size_t bin) const noexcept {
    return values_before_[bin + 1] - values_before_[bin];
  }
  [[nodiscard]] double middle_groups(std::size_t levels) const noexcept;

  /// Values, and bins that are not empty, among the first i bins.
  std::array<std::uint64_t, kMaxHistogramBins + 1> values_before_;
  std::array<std::uint16_t, kMaxHistogramBins + 1> occupied_before_;
  BinInterval kept_;
  std::size_t zero_bin_;
  std::uint64_t total_ = 0;
  double sum_x_log_x_ = 0.0;  ///< over the counts of the kept bins
};

}  // namespace octavo::calib
