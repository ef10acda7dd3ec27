#include "calib/numeric_histogram.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <sstream>
#include <string>

#include "octavo/error.hpp"

namespace octavo::calib {
namespace {

/// NumPy adds up blocks of this many values, then their sums.
constexpr std::size_t kBlock = 65536;

[[noreturn]] void fail(const std::string& message) {
  throw Error(ErrorCode::invalid_argument, "histogram: " + message);
}

std::string text(NumericRange range) {
  std::ostringstream stream;
  stream << '[' << range.low << ", " << range.high << ']';
  return stream.str();
}

void check_weights(std::span<const double> x, std::span<const double> weights) {
  if (weights.empty() || weights.size() == x.size()) return;
  fail("found " + std::to_string(weights.size()) + " weights for " + std::to_string(x.size()) +
       " values; expected one for each");
}

NumericRange outer_edges(std::span<const double> x, const std::optional<NumericRange>& wanted) {
  NumericRange range;
  if (wanted) {
    range = *wanted;
    if (range.low > range.high) fail("found the range " + text(range) + ", which is reversed");
  } else if (!x.empty()) {
    range = {x[0], x[0]};
    for (const double value : x) {
      if (std::isnan(value)) fail("found NaN among the values; expected a range");
      range = {std::min(range.low, value), std::max(range.high, value)};
    }
  }
  if (!std::isfinite(range.low) || !std::isfinite(range.high)) {
    fail("found the range " + text(range) + "; expected a finite one");
  }
  return range.low == range.high ? NumericRange{range.low - 0.5, range.high + 0.5} : range;
}

/// numpy.linspace(low, high, bins + 1).
std::vector<double> equal_edges(NumericRange range, std::size_t bins) {
  const double extent = range.high - range.low;
  const double step = extent / static_cast<double>(bins);
  std::vector<double> edges(bins + 1);
  for (std::size_t i = 0; i < bins; ++i) {
    const double position = static_cast<double>(i);
    edges[i] =
        (step == 0.0 ? position / static_cast<double>(bins) * extent : position * step) + range.low;
  }
  edges[bins] = range.high;
  return edges;
}

/// The bin of a value between the outer edges: by its position, then corrected against the edges
/// that the caller sees, from which rounding may have moved it by one bin.
std::size_t bin_of(double value, const std::vector<double>& edges, double low,
                   double bins_per_unit) {
  const std::size_t last = edges.size() - 2;
  std::size_t bin = std::min(static_cast<std::size_t>((value - low) * bins_per_unit), last);
  if (value < edges[bin]) --bin;
  if (value >= edges[bin + 1] && bin != last) ++bin;
  return bin;
}

/// numpy.sum: pairwise, with eight sums side by side for 128 values or fewer.
double sum(std::span<const double> x) {
  if (x.size() < 8) return std::accumulate(x.begin(), x.end(), 0.0);
  if (x.size() > 128) {
    const std::size_t half = x.size() / 2 / 8 * 8;
    return sum(x.first(half)) + sum(x.subspan(half));
  }
  std::array<double, 8> sums;
  std::copy_n(x.begin(), 8, sums.begin());
  const std::size_t whole = x.size() / 8 * 8;
  for (std::size_t i = 8; i < whole; ++i) sums[i % 8] += x[i];
  const double total =
      ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
  return std::accumulate(x.begin() + static_cast<std::ptrdiff_t>(whole), x.end(), total);
}

void make_density(NumericHistogram& histogram) {
  const double total = sum(histogram.values);
  for (std::size_t i = 0; i < histogram.values.size(); ++i) {
    histogram.values[i] =
        histogram.values[i] / (histogram.edges[i + 1] - histogram.edges[i]) / total;
  }
}

/// Adds to cumulative[i] what the values of a block below edge i count, and to the last one what
/// those up to it count.
void add_below_edges(std::span<const double> x, std::span<const double> weights,
                     std::span<const double> edges, std::span<double> cumulative) {
  std::vector<std::size_t> order(x.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t i, std::size_t j) {
    return x[i] < x[j] || (!std::isnan(x[i]) && std::isnan(x[j]));
  });
  double below = 0.0;
  std::size_t next = 0;
  for (std::size_t e = 0; e < edges.size(); ++e) {
    const bool last = e + 1 == edges.size();
    for (; next < order.size(); ++next) {
      const double value = x[order[next]];
      if (!(value < edges[e] || (last && value == edges[e]))) break;
      below += weights.empty() ? 1.0 : weights[order[next]];
    }
    cumulative[e] += below;
  }
}

}  // namespace

NumericHistogram numeric_histogram(std::span<const double> x, std::int64_t bins,
                                   const NumericHistogramOptions& options) {
  check_weights(x, options.weights);
  if (bins < 1) fail("found " + std::to_string(bins) + " bins; expected at least 1");
  const NumericRange range = outer_edges(x, options.range);
  const double bins_per_unit = static_cast<double>(bins) / (range.high - range.low);
  if (!std::isfinite(range.high - range.low) || !std::isfinite(bins_per_unit)) {
    fail("the range " + text(range) + " is too " +
         (std::isfinite(bins_per_unit) ? "wide" : "narrow") + " for " + std::to_string(bins) +
         " bins of float64 edges");
  }
  const auto count = static_cast<std::size_t>(bins);
  NumericHistogram histogram{std::vector<double>(count, 0.0), equal_edges(range, count)};
  std::vector<double> block(count);
  for (std::size_t begin = 0; begin < x.size(); begin += kBlock) {
    std::ranges::fill(block, 0.0);
    for (std::size_t i = begin; i < std::min(begin + kBlock, x.size()); ++i) {
      if (!(x[i] >= range.low && x[i] <= range.high)) continue;
      block[bin_of(x[i], histogram.edges, range.low, bins_per_unit)] +=
          options.weights.empty() ? 1.0 : options.weights[i];
    }
    for (std::size_t bin = 0; bin < count; ++bin) histogram.values[bin] += block[bin];
  }
  if (options.density) make_density(histogram);
  return histogram;
}

NumericHistogram numeric_histogram(std::span<const double> x, std::span<const double> edges,
                                   const NumericHistogramOptions& options) {
  check_weights(x, options.weights);
  for (std::size_t i = 0; i < edges.size(); ++i) {
    if (std::isnan(edges[i])) fail("edge " + std::to_string(i) + " is NaN");
    if (i > 0 && edges[i - 1] > edges[i]) {
      fail("edge " + std::to_string(i) + " is below the one before; expected none to decrease");
    }
  }
  std::vector<double> cumulative(edges.size(), 0.0);
  for (std::size_t begin = 0; begin < x.size(); begin += kBlock) {
    const std::size_t size = std::min(kBlock, x.size() - begin);
    add_below_edges(
        x.subspan(begin, size),
        options.weights.empty() ? options.weights : options.weights.subspan(begin, size), edges,
        cumulative);
  }
  NumericHistogram histogram{{}, {edges.begin(), edges.end()}};
  for (std::size_t i = 1; i < edges.size(); ++i) {
    histogram.values.push_back(cumulative[i] - cumulative[i - 1]);
  }
  if (options.density) make_density(histogram);
  return histogram;
}

}  // namespace octavo::calib
