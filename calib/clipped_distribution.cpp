#include "calib/clipped_distribution.hpp"

#include <array>
#include <bit>
#include <limits>

#include "calib/logarithm.hpp"
#include "calib/zero_bin.hpp"

namespace octavo::calib {
namespace {

/// The probability that Q gives a bin that only clipped values occupy: small enough to make that
/// costlier than any bin with a value of its own, in a histogram of up to 10^9 values.
constexpr double kSmoothing = 1e-9;

constexpr double product_of(std::uint64_t count) noexcept {
  const double x = static_cast<double>(count);
  return count == 0 ? 0.0 : x * logarithm(x);
}

/// x log x of the counts that most groups of a sample have: looking them up is several times as
/// fast.
constexpr auto kProducts = [] {
  std::array<double, 512> products{};
  for (std::size_t i = 0; i < products.size(); ++i) products[i] = product_of(i);
  return products;
}();

double x_log_x(std::uint64_t count) noexcept {
  return count < kProducts.size() ? kProducts[count] : product_of(count);
}

/// log x of the numbers of bins in most groups.
constexpr auto kLogarithms = [] {
  std::array<double, 128> logarithms{};
  for (std::size_t i = 1; i < logarithms.size(); ++i) {
    logarithms[i] = logarithm(static_cast<double>(i));
  }
  return logarithms;
}();

/// 0 for 0 bins, where it is multiplied by a count of 0.
double log_of_bins(std::size_t bins) noexcept {
  return bins < kLogarithms.size() ? kLogarithms[bins] : logarithm(static_cast<double>(bins));
}

}  // namespace

ClippedDistribution::ClippedDistribution(const HistogramView& histogram) noexcept
    : kept_{0, histogram.counts.size()}, zero_bin_(bin_of_zero(histogram)) {
  values_before_[0] = 0;
  occupied_before_[0] = 0;
  for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
    const std::uint64_t count = count_without_zeros(histogram, zero_bin_, i);
    values_before_[i + 1] = values_before_[i] + count;
    occupied_before_[i + 1] =
        static_cast<std::uint16_t>(occupied_before_[i] + (count != 0 ? 1 : 0));
    sum_x_log_x_ += x_log_x(count);
  }
  total_ = values_before_[kept_.last];
}

void ClippedDistribution::narrow() noexcept {
  const std::size_t left = kept_.first;
  const std::size_t right = kept_.last - 1;
  const bool from_right = left == zero_bin_ || (right != zero_bin_ && count(left) > count(right));
  const std::size_t end = from_right ? right : left;
  sum_x_log_x_ -= x_log_x(count(end));
  kept_.drop(end);
}

ClippedDistribution::Ends ClippedDistribution::ends(std::size_t levels) const noexcept {
  const std::size_t size = kept_.size();
  const auto end = [&](BinInterval group, std::size_t bin, std::uint64_t clipped) {
    const std::uint64_t own = values_before_[group.last] - values_before_[group.first];
    const int occupied = occupied_before_[group.last] - occupied_before_[group.first] +
                         (clipped != 0 && count(bin) == 0 ? 1 : 0);
    return End{bin, static_cast<double>(own), occupied, clipped};
  };
  const std::size_t first = kept_.first;
  const std::size_t last = kept_.last;
  return {
      values_before_[last] - values_before_[first],
      end({first, first + size / levels}, first, values_before_[first]),
      end({first + (levels - 1) * size / levels, last}, last - 1, total_ - values_before_[last])};
}

double ClippedDistribution::End::in_q(double inside) const noexcept {
  return own == 0.0 ? kSmoothing * inside : own / occupied;
}

double ClippedDistribution::clipping_divergence(std::size_t levels) const noexcept {
  const Ends ends = this->ends(levels);
  if (ends.inside == 0) return std::numeric_limits<double>::infinity();
  const double inside = static_cast<double>(ends.inside);
  const double total = static_cast<double>(total_);
  double sum = 0.0;
  for (const End& end : {ends.left, ends.right}) {
    const double in_p = end.own + static_cast<double>(end.clipped);
    if (in_p == 0.0) continue;
    sum += in_p * logarithm(in_p / (end.own == 0.0 ? kSmoothing * inside : end.own));
  }
  return sum / total + logarithm(inside / total);
}

double ClippedDistribution::divergence(std::size_t levels) const noexcept {
  const Ends ends = this->ends(levels);
  if (ends.inside == 0) return std::numeric_limits<double>::infinity();
  const double inside = static_cast<double>(ends.inside);

  // With N values in all, M of them inside, c in a bin of P, and a group of G values of P and C of
  // Q in n occupied bins: KL = (sum over bins of c log c - sum over groups of G log(C / n)) / N
  //                          + log(M / N).
  double sum = sum_x_log_x_ - middle_groups(levels);
  for (const End& end : {ends.left, ends.right}) {
    sum += x_log_x(count(end.bin) + end.clipped) - x_log_x(count(end.bin));
    const double in_p = end.own + static_cast<double>(end.clipped);
    if (in_p != 0.0) sum -= in_p * logarithm(end.in_q(inside));
  }
  const double total = static_cast<double>(total_);
  return sum / total + logarithm(inside / total);
}

double ClippedDistribution::middle_groups(std::size_t levels) const noexcept {
  const auto shift = static_cast<unsigned>(std::countr_zero(levels));
  const std::size_t size = kept_.size();
  std::array<double, 2> sums{};
  std::size_t begin = kept_.first + (size >> shift);
  for (std::size_t g = 2; g < levels; ++g) {
    const std::size_t end = kept_.first + (g * size >> shift);
    const std::uint64_t own = values_before_[end] - values_before_[begin];
    const auto occupied = static_cast<std::size_t>(occupied_before_[end] - occupied_before_[begin]);
    sums[g % 2] += x_log_x(own) - static_cast<double>(own) * log_of_bins(occupied);
    begin = end;
  }
  return sums[0] + sums[1];
}

}  // namespace octavo::calib
