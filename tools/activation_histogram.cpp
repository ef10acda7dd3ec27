#include "tools/activation_histogram.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <cmath>

#include "calib/divergence.hpp"
#include "kernels/quantization.hpp"

namespace octavo::tools {
namespace {

constexpr std::size_t kLevels = 256;

/// An activation as a layer sees it: levels, and the floats that they stand for.
class Levels {
 public:
  Levels(const kernels::KernelTable& kernels, std::span<const float> x, Range range, Scheme scheme)
      : quantization_(kernels::quantization_of(range, scheme)), levels_(x.size()) {
    kernels.quantize(x.data(), x.size(), quantization_, levels_.data());
  }

  [[nodiscard]] std::size_t operator[](std::size_t i) const { return levels_[i]; }
  [[nodiscard]] float step() const { return quantization_.scale; }

  [[nodiscard]] float value(std::size_t i) const {
    return static_cast<float>(levels_[i] - quantization_.zero_point) * quantization_.scale;
  }

  /// The values that become a level.
  [[nodiscard]] Interval interval(std::size_t level) const {
    const double step = quantization_.scale;
    const double centre = (static_cast<double>(level) - quantization_.zero_point) * step;
    return {centre - step / 2, centre + step / 2};
  }

  /// Beyond rounding, whose error is half a step and a few units in the last place.
  [[nodiscard]] bool clips(float x, std::size_t i) const {
    constexpr double kHalf = 0.5 + 1e-4;
    return (levels_[i] == 0 || levels_[i] == kLevels - 1) &&
           std::abs(static_cast<double>(x) - static_cast<double>(value(i))) >
               kHalf * static_cast<double>(quantization_.scale);
  }

 private:
  kernels::Quantization quantization_;
  std::vector<std::uint8_t> levels_;
};

}  // namespace

struct QuantizedHistogram::Spread {
  std::uint64_t values = 0;
  std::bitset<ActivationHistogram::kMostBins> bins;
};

ActivationHistogram::ActivationHistogram(Range extent, std::uint64_t count) : extent_(extent) {
  const auto root = static_cast<std::size_t>(std::sqrt(static_cast<double>(count)));
  counts_.resize(std::clamp(root, kLeastBins, kMostBins));
  const double width = static_cast<double>(extent.high) - static_cast<double>(extent.low);
  if (width > 0.0) bins_per_unit_ = static_cast<double>(counts_.size()) / width;
}

std::size_t ActivationHistogram::bin_of(float x) const noexcept {
  const double offset = static_cast<double>(x) - static_cast<double>(extent_.low);
  return std::min(static_cast<std::size_t>(offset * bins_per_unit_), counts_.size() - 1);
}

Interval ActivationHistogram::interval(std::size_t bin) const noexcept {
  const double low = extent_.low;
  const double width = bins_per_unit_ > 0.0 ? 1.0 / bins_per_unit_ : 0.0;
  return {low + static_cast<double>(bin) * width, low + static_cast<double>(bin + 1) * width};
}

std::vector<std::uint16_t> ActivationHistogram::add(std::span<const float> x) {
  std::vector<std::uint16_t> bins(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    bins[i] = static_cast<std::uint16_t>(bin_of(x[i]));
    ++counts_[bins[i]];
    if (x[i] == 0.0F) ++zeros_;
  }
  total_ += x.size();
  return bins;
}

void QuantizedHistogram::add(const kernels::KernelTable& kernels,
                             const ActivationHistogram& original, std::span<const float> x,
                             std::span<const std::uint16_t> bins, Range range, Scheme scheme) {
  counts_.resize(original.counts().size());
  const Levels levels(kernels, x, range, scheme);
  std::array<Spread, kLevels> spreads;
  std::bitset<kLevels> used;
  std::vector<float> dequantized(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    dequantized[i] = levels.value(i);
    used.set(levels[i]);
    if (x[i] == 0.0F) {
      ++counts_[bins[i]];
    } else if (!levels.clips(x[i], i)) {
      ++spreads[levels[i]].values;
      spreads[levels[i]].bins.set(bins[i]);
    } else if (dequantized[i] < original.extent().low || dequantized[i] > original.extent().high) {
      ++outside_;
    } else {
      ++counts_[original.bin_of(dequantized[i])];
    }
  }
  for (std::size_t level = 0; level < kLevels; ++level) {
    if (spreads[level].values > 0) spread_out(spreads[level], levels.interval(level), original);
  }
  error_.add(x, std::span<const float>(dequantized));
  step_ = levels.step();
  levels_ += used.count();
  ++runs_;
}

void QuantizedHistogram::spread_out(const Spread& spread, Interval level,
                                    const ActivationHistogram& original) {
  // Rounding may leave a bin that values came from just beside the level.
  const double least = 1e-6 * (level.high - level.low);
  std::vector<double> shares(counts_.size());
  double total = 0.0;
  for (std::size_t bin = 0; bin < counts_.size(); ++bin) {
    if (!spread.bins[bin]) continue;
    const Interval covers = original.interval(bin);
    shares[bin] =
        std::max(least, std::min(level.high, covers.high) - std::max(level.low, covers.low));
    total += shares[bin];
  }
  for (std::size_t bin = 0; bin < counts_.size(); ++bin) {
    counts_[bin] += static_cast<double>(spread.values) * (shares[bin] / total);
  }
}

double QuantizedHistogram::levels() const noexcept {
  return static_cast<double>(levels_) / static_cast<double>(std::max<std::uint64_t>(runs_, 1));
}

double QuantizedHistogram::divergence_from(const ActivationHistogram& original) const {
  constexpr double kHalfValue = 0.5;
  std::vector<double> p(original.counts().begin(), original.counts().end());
  std::vector<double> q = counts_;
  p.push_back(0.0);  // what is outside of the extent
  q.push_back(outside_);
  for (double& weight : p) weight += kHalfValue;
  for (double& weight : q) weight += kHalfValue;
  return calib::kl_divergence(p, q);
}

std::uint64_t count_clipped(const kernels::KernelTable& kernels, std::span<const float> x,
                            Range range, Scheme scheme) {
  const Levels levels(kernels, x, range, scheme);
  std::uint64_t clipped = 0;
  for (std::size_t i = 0; i < x.size(); ++i) clipped += levels.clips(x[i], i) ? 1 : 0;
  return clipped;
}

}  // namespace octavo::tools
