#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "octavo/range.hpp"

#include "kernels/kernels.hpp"
#include "tools/error_statistics.hpp"

namespace octavo::tools {

struct Interval {
  double low = 0.0;
  double high = 0.0;
};

/// The values of an activation over any number of runs in equal bins over their extent, which is
/// known beforehand. The last bin is closed.
class ActivationHistogram {
 public:
  static constexpr std::size_t kMostBins = 512;
  static constexpr std::size_t kLeastBins = 16;

  ActivationHistogram() = default;
  /// For `count` values in `extent`, both finite: about sqrt(count) bins, so that on average a bin
  /// holds as many values as there are bins.
  ActivationHistogram(Range extent, std::uint64_t count);

  [[nodiscard]] std::size_t bin_of(float x) const noexcept;
  [[nodiscard]] Interval interval(std::size_t bin) const noexcept;

  /// Counts a run and returns the bin of each value.
  std::vector<std::uint16_t> add(std::span<const float> x);

  [[nodiscard]] Range extent() const noexcept { return extent_; }
  [[nodiscard]] const std::vector<std::uint64_t>& counts() const noexcept { return counts_; }
  [[nodiscard]] std::uint64_t zeros() const noexcept { return zeros_; }
  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }

 private:
  Range extent_;
  double bins_per_unit_ = 0.0;
  std::vector<std::uint64_t> counts_;
  std::uint64_t zeros_ = 0;
  std::uint64_t total_ = 0;
};

/// The same values after they were quantized to 256 levels and back, run by run with a range each,
/// as a distribution over the bins of the original.
///
/// A level says no more of a value than that it was one of those which become this level. So its
/// values are spread evenly over its width, but for bins that none of them came from, as S. Migacz
/// does to compare the two distributions ("8-bit Inference with TensorRT", GTC 2017). Two kinds of
/// values go to the bin of their level: zeros, which are exact, and clipped values, which are
/// further from the level at the end than half a step.
class QuantizedHistogram {
 public:
  /// `bins[i]` is the bin of x[i] in `original`.
  void add(const kernels::KernelTable& kernels, const ActivationHistogram& original,
           std::span<const float> x, std::span<const std::uint16_t> bins, Range range,
           Scheme scheme);

  /// Per bin of the original; values clipped to a level outside of its extent are left out.
  [[nodiscard]] const std::vector<double>& counts() const noexcept { return counts_; }

  /// Dequantized values against original ones.
  [[nodiscard]] const ErrorStatistics& error() const noexcept { return error_; }

  /// The width of a level in the last run.
  [[nodiscard]] float step() const noexcept { return step_; }
  /// How many of the 256 levels have values, in the mean over the runs.
  [[nodiscard]] double levels() const noexcept;

  /// The Kullback-Leibler divergence of this distribution from the original in nats. Half a value
  /// is added to every bin of both: a bin that holds clipped values only, and so nothing after
  /// quantization, would make it infinite.
  [[nodiscard]] double divergence_from(const ActivationHistogram& original) const;

 private:
  struct Spread;  ///< the values of one level that are neither zero nor clipped
  void spread_out(const Spread& spread, Interval level, const ActivationHistogram& original);

  std::vector<double> counts_;
  double outside_ = 0.0;
  ErrorStatistics error_;
  float step_ = 0.0F;
  std::uint64_t levels_ = 0;
  std::uint64_t runs_ = 0;
};

/// The number of values that a quantization clips: further than half a step from the level that
/// they become.
std::uint64_t count_clipped(const kernels::KernelTable& kernels, std::span<const float> x,
                            Range range, Scheme scheme);

}  // namespace octavo::tools
