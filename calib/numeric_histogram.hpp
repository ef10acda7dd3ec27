#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace octavo::calib {

/// Histograms with the results of `numpy.histogram` (NumPy 1.24) for float64 arrays, bit for bit:
/// https://numpy.org/doc/1.24/reference/generated/numpy.histogram.html
///
/// Bins are half-open, [edge(i), edge(i + 1)), but the last one is closed. Values outside the
/// edges, and NaN, do not count.
struct NumericHistogram {
  std::vector<double> values;  ///< counts, sums of weights, or densities
  std::vector<double> edges;   ///< one more than values, unless there are none
};

struct NumericRange {
  double low = 0.0;
  double high = 1.0;
};

struct NumericHistogramOptions {
  /// The outer edges of equal bins. Without it they are the smallest and the largest value; where
  /// there are no values, 0 and 1. Equal ends are moved apart by 0.5 each. Ignored with edges.
  std::optional<NumericRange> range = std::nullopt;
  /// Divides by the total and by the widths of the bins: the integral over the bins is 1.
  bool density = false;
  /// What each value counts; none: 1 each. In bins between given edges NumPy adds the weights of
  /// equal values in an order that it does not specify: here, their own.
  std::span<const double> weights = {};
};

/// `bins` equal bins. Throws Error{invalid_argument} when `bins` is not positive, the range
/// is reversed or, given or taken from the values, not finite, or there are not as many weights as
/// values; also where NumPy 1.24 fails or answers with NaN: when the extent of the range overflows,
/// or is so small that the number of bins per unit does.
NumericHistogram numeric_histogram(std::span<const double> x, std::int64_t bins,
                                   const NumericHistogramOptions& options = {});

/// Bins between given edges, which may repeat and may be infinite. Throws Error{invalid_argument}
/// when edges decrease or are NaN, or there are not as many weights as values.
NumericHistogram numeric_histogram(std::span<const double> x, std::span<const double> edges,
                                   const NumericHistogramOptions& options = {});

}  // namespace octavo::calib
