#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>

#include "kernels/dispatch.hpp"
#include "kernels/quantization.hpp"
#include "tests/support/random.hpp"
#include "tools/activation_histogram.hpp"
#include "tools/error_statistics.hpp"
#include "tools/output_agreement.hpp"

using namespace octavo;
using namespace octavo::tools;

namespace {

const float kInfinity = std::numeric_limits<float>::infinity();

template <class T>
ErrorStatistics errors(const std::vector<T>& exact, const std::vector<T>& approximate) {
  ErrorStatistics statistics;
  statistics.add(std::span<const T>(exact), std::span<const T>(approximate));
  return statistics;
}

/// An activation, its histogram, and its histogram after quantization to a range.
struct Quantized {
  Quantized(const std::vector<float>& x, Range extent, Range range, Scheme scheme)
      : original(extent, x.size()) {
    const auto bins = original.add(x);
    histogram.add(kernels::select_kernels(""), original, x, bins, range, scheme);
  }
  ActivationHistogram original;
  QuantizedHistogram histogram;
};

double total(const std::vector<double>& counts) {
  return std::accumulate(counts.begin(), counts.end(), 0.0);
}

std::vector<float> normal(std::size_t count) {
  test::Random random(5);
  std::vector<float> x(count);
  for (float& value : x) value = random.normal();
  return x;
}

}  // namespace

TEST_CASE("error statistics: known vectors") {
  const auto statistics = errors<float>({3, 0, 4, 0}, {3, 0, 4, 0.5F});
  CHECK(statistics.count() == 4);
  CHECK(statistics.sqnr_db() == doctest::Approx(20.0));
  CHECK(statistics.cosine() == doctest::Approx(25.0 / (5.0 * std::sqrt(25.25))));
  CHECK(statistics.largest() == 0.5);
}

TEST_CASE("error statistics: several tensors count as one") {
  ErrorStatistics parts;
  const std::vector<double> x{1, 2, 3, 4};
  const std::vector<double> y{1, 2.5, 3, 3};
  parts.add(std::span(x).first(1), std::span(y).first(1));
  parts.add(std::span(x).subspan(1), std::span(y).subspan(1));
  const auto whole = errors(x, y);
  CHECK(parts.sqnr_db() == whole.sqnr_db());
  CHECK(parts.cosine() == whole.cosine());
  CHECK(parts.largest() == 1.0);
}

TEST_CASE("error statistics: extremes") {
  CHECK(errors<float>({1, 2}, {1, 2}).sqnr_db() == std::numeric_limits<double>::infinity());
  CHECK(errors<float>({0, 0}, {0, 1}).sqnr_db() == -std::numeric_limits<double>::infinity());
  CHECK(errors<float>({0, 0}, {0, 0}).cosine() == 1.0);
  CHECK(errors<float>({0, 0}, {0, 1}).cosine() == 0.0);
  CHECK(errors<float>({}, {}).count() == 0);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(errors<float>({-kInfinity, nan, 2}, {-kInfinity, nan, 1}).largest() == 1.0);
  CHECK(std::isnan(errors<float>({1, 2}, {nan, 2}).largest()));
  CHECK(errors<float>({1, 2}, {kInfinity, 2}).largest() == kInfinity);
}

TEST_CASE("activation histogram: equal bins, the last one closed") {
  ActivationHistogram histogram({0.0F, 16.0F}, 0);
  REQUIRE(histogram.counts().size() == 16);
  const std::vector<float> x{0.0F, 0.5F, 1.0F, 15.0F, 16.0F};
  const auto bins = histogram.add(x);
  CHECK(bins == std::vector<std::uint16_t>{0, 0, 1, 15, 15});
  CHECK(histogram.counts()[0] == 2);
  CHECK(histogram.counts()[15] == 2);
  CHECK(histogram.zeros() == 1);
  CHECK(histogram.total() == 5);
  CHECK(ActivationHistogram({0.0F, 1.0F}, 10000).counts().size() == 100);
  CHECK(ActivationHistogram({0.0F, 1.0F}, 1U << 30U).counts().size() == 512);
}

TEST_CASE("activation histogram: equal values") {
  const Quantized same({7, 7, 7}, {7, 7}, {7, 7}, Scheme::asymmetric);
  CHECK(same.original.counts()[0] == 3);
  CHECK(same.histogram.counts()[0] == 3.0);
  CHECK(same.histogram.divergence_from(same.original) == 0.0);
  const float most = std::numeric_limits<float>::max();
  const Quantized extremes({-most, most}, {-most, most}, {-most, most}, Scheme::symmetric);
  CHECK(extremes.original.counts().back() == 1);
}

TEST_CASE("quantized histogram: nothing is lost, and fine levels keep the distribution") {
  const std::vector<float> x = normal(4000);
  const auto [low, high] = std::minmax_element(x.begin(), x.end());
  const Range extent{*low, *high};
  for (const Scheme scheme : {Scheme::symmetric, Scheme::asymmetric}) {
    const Quantized fine(x, extent, extent, scheme);
    CHECK(total(fine.histogram.counts()) == doctest::Approx(4000));
    // No more than the chance in the counts: 63 bins of 4000 values.
    CHECK(fine.histogram.divergence_from(fine.original) < 63.0 / 4000);
    CHECK(fine.histogram.step() == kernels::quantization_of(extent, scheme).scale);
    CHECK(fine.histogram.levels() <= 256);
    // Errors of an even distribution over a step have the power step^2 / 12.
    const double step = fine.histogram.step();
    const double signal =
        std::inner_product(x.begin(), x.end(), x.begin(), 0.0) / static_cast<double>(x.size());
    CHECK(fine.histogram.error().sqnr_db() ==
          doctest::Approx(10 * std::log10(signal * 12 / (step * step))).epsilon(0.02));
  }
}

TEST_CASE("quantized histogram: coarse levels flatten it, and narrow ranges clip it") {
  const std::vector<float> x = normal(4000);
  const auto [low, high] = std::minmax_element(x.begin(), x.end());
  const Range extent{*low, *high};
  const Range wide{*low * 40, *high * 40};
  const Range narrow{-1.0F, 1.0F};
  const Quantized fine(x, extent, extent, Scheme::asymmetric);
  const Quantized coarse(x, extent, wide, Scheme::asymmetric);
  const Quantized clipped(x, extent, narrow, Scheme::asymmetric);
  const double least = fine.histogram.divergence_from(fine.original);
  CHECK(coarse.histogram.divergence_from(coarse.original) > 2 * least);
  CHECK(clipped.histogram.divergence_from(clipped.original) > 2 * least);
  CHECK(coarse.histogram.levels() < 16);
  CHECK(total(clipped.histogram.counts()) == doctest::Approx(4000));
  CHECK(clipped.histogram.counts().front() == 0.0);
  CHECK(clipped.histogram.counts().back() == 0.0);

  const auto beyond = [&](float most) {
    return static_cast<std::uint64_t>(
        std::count_if(x.begin(), x.end(), [most](float value) { return std::abs(value) > most; }));
  };
  const std::uint64_t count =
      count_clipped(kernels::select_kernels(""), x, narrow, Scheme::asymmetric);
  const float step = kernels::quantization_of(narrow, Scheme::asymmetric).scale;
  CHECK(count <= beyond(1.0F - step));
  CHECK(count >= beyond(1.0F + step));
  CHECK(count_clipped(kernels::select_kernels(""), x, extent, Scheme::asymmetric) == 0);
}

TEST_CASE("quantized histogram: values that are levels stay where they are") {
  std::vector<float> x;  // 16 values, as of a quantized image, half of them zero
  for (int i = 0; i < 16; ++i) x.insert(x.end(), 100, static_cast<float>(i) / 15.0F);
  x.insert(x.end(), 1500, 0.0F);
  const Quantized exact(x, {0, 1}, {0, 1}, Scheme::asymmetric);
  CHECK(exact.histogram.divergence_from(exact.original) == 0.0);
  CHECK(exact.histogram.levels() == 16);
}

TEST_CASE("quantized histogram: values clipped to a level outside of the extent are left out") {
  const Quantized beside({2, 3, 4}, {2, 4}, {0, 1}, Scheme::asymmetric);
  CHECK(total(beside.histogram.counts()) == 0.0);
  CHECK(beside.histogram.divergence_from(beside.original) > 0.1);
}

TEST_CASE("output agreement: rows") {
  OutputAgreement agreement;
  CHECK_FALSE(agreement.top1().has_value());
  const std::vector<double> expected{1, 2, 3, 3, 2, 1};
  const std::vector<double> found{1, 2, 3, 1, 2, 3};
  agreement.add(expected, found, 3);
  CHECK(agreement.top1() == 0.5);
  CHECK(agreement.mean_cosine() == doctest::Approx((1.0 + 10.0 / 14.0) / 2));
  CHECK(agreement.error().largest() == 2.0);
  agreement.add(expected, expected, 3);
  CHECK(agreement.top1() == 0.75);

  OutputAgreement single;
  single.add(expected, found, 1);
  CHECK_FALSE(single.top1().has_value());
  const std::vector<std::int64_t> labels{2, 2};
  CHECK(count_right(expected, labels) == 1);
  CHECK(count_right(found, labels) == 2);
}
