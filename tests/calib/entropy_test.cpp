#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/range_estimator.hpp"

#include "tests/calib/statistics.hpp"
#include "tests/calib/textbook.hpp"

namespace octavo {
namespace {

using test::Counts;

Range entropy(const Counts& counts, float low, float high, Scheme scheme) {
  return make_estimator("entropy")->estimate(test::histogram_statistics(counts, low, high, scheme),
                                             nullptr);
}

/// Normally distributed counts around bin `peak`, `deviation` bins wide.
Counts bell(std::size_t bins, double deviation, double height, double peak = 0.0) {
  Counts counts(bins);
  for (std::size_t i = 0; i < bins; ++i) {
    const double z = (static_cast<double>(i) - peak) / deviation;
    counts[i] = static_cast<std::uint64_t>(height * std::exp(-z * z / 2.0));
  }
  return counts;
}

TEST_CASE("the chosen threshold has the least divergence of all candidates, by the textbook") {
  for (const double deviation : {100.0, 300.0, 900.0}) {
    for (const double height : {3.0, 1000.0}) {
      Counts counts = bell(2048, deviation, height);
      counts.back() += 1;
      const Range range = entropy(counts, 0.0F, 2048.0F, Scheme::symmetric);
      const Counts seen = test::without_zeros(counts, 0);
      const double least =
          test::textbook_divergence(seen, 0, test::textbook_entropy(counts, 128, 16), 128);
      CAPTURE(deviation);
      CAPTURE(height);
      const auto chosen = static_cast<std::size_t>(range.high);
      CHECK(static_cast<float>(chosen) == range.high);
      CHECK(test::textbook_divergence(seen, 0, chosen, 128) ==
            doctest::Approx(least).epsilon(1e-6));
    }
  }
}

TEST_CASE("histograms of fewer bins have candidates 16 bins apart, by the textbook") {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    const std::size_t bins = 256 + random() % 900;
    Counts counts = bell(bins, static_cast<double>(20 + random() % bins), 20.0);
    for (std::uint64_t& count : counts) count += random() % 3;
    const Range range = entropy(counts, 0.0F, static_cast<float>(bins), Scheme::symmetric);
    const Counts seen = test::without_zeros(counts, 0);
    const std::size_t best = test::textbook_entropy(counts, 128, 16);
    const auto chosen = static_cast<std::size_t>(std::lround(range.high));
    CAPTURE(bins);
    CHECK((bins - chosen) % 16 == 0);
    CHECK(test::textbook_divergence(seen, 0, chosen, 128) ==
          doctest::Approx(test::textbook_divergence(seen, 0, best, 128)).epsilon(1e-6));
  }
}

TEST_CASE("evenly spread values are not clipped") {
  const Counts counts(2048, 50);
  test::check_range(entropy(counts, 0.0F, 4.0F, Scheme::symmetric), 0.0F, 4.0F);
  test::check_range(entropy(counts, 0.0F, 4.0F, Scheme::asymmetric), 0.0F, 4.0F);
  test::check_range(entropy(counts, -3.0F, 5.0F, Scheme::asymmetric), -3.0F, 5.0F);
}

TEST_CASE("symmetric thresholds are those of magnitudes, whichever side is the longer one") {
  const Counts counts(2048, 50);
  for (const char* name : {"entropy", "percentile", "mse"}) {
    ActivationStatistics statistics =
        test::histogram_statistics(counts, 0.0F, 4.0F, Scheme::symmetric);
    statistics.extrema = {-4.0F, 1.0F};
    const Range range = make_estimator(name)->estimate(statistics, nullptr);
    CHECK(range.low == -range.high);
    CHECK(range.high > 3.9F);
  }
}

TEST_CASE("candidates that tie go to the widest range") {
  // Bins of one value each are exact at any width, until values are clipped.
  Counts counts(2048, 0);
  for (std::size_t i = 0; i < counts.size(); i += 32) counts[i] = 7;
  counts.back() = 7;
  test::check_range(entropy(counts, 0.0F, 1.0F, Scheme::symmetric), 0.0F, 1.0F);
  test::check_range(entropy(counts, 0.0F, 1.0F, Scheme::asymmetric), 0.0F, 1.0F);
}

TEST_CASE("a lone outlier is clipped, down to the narrowest candidate at most") {
  Counts counts = bell(2048, 60.0, 10000.0);
  counts.back() = 1;
  const Range symmetric = entropy(counts, 0.0F, 2048.0F, Scheme::symmetric);
  CHECK(symmetric.high >= 128.0F);
  CHECK(symmetric.high < 512.0F);
  const Range asymmetric = entropy(counts, 0.0F, 2048.0F, Scheme::asymmetric);
  CHECK(asymmetric.low == 0.0F);
  CHECK(asymmetric.high >= 256.0F);
  CHECK(asymmetric.high < 512.0F);
}

TEST_CASE("asymmetric: outliers are clipped on both sides") {
  Counts counts = bell(2048, 100.0, 10000.0, 900.0);
  counts.front() = 1;
  counts.back() = 1;
  const Range range = entropy(counts, -900.0F, 1148.0F, Scheme::asymmetric);
  CHECK(range.low > -700.0F);
  CHECK(range.low < -200.0F);
  CHECK(range.high > 200.0F);
  CHECK(range.high < 700.0F);
}

TEST_CASE("the zeros of ReLU do not narrow the range") {
  Counts counts = bell(2048, 500.0, 100.0);
  for (const Scheme scheme : {Scheme::symmetric, Scheme::asymmetric}) {
    const Range without = entropy(counts, 0.0F, 2048.0F, scheme);
    counts[0] = 10000000;
    test::check_range(entropy(counts, 0.0F, 2048.0F, scheme), without.low, without.high);
    counts[0] = 100;
  }
}

TEST_CASE("all zeros give a range without extent") {
  const std::vector<float> zeros(1000, 0.0F);
  for (const Scheme scheme : {Scheme::symmetric, Scheme::asymmetric}) {
    test::check_range(test::find_range(make_estimator("entropy"), scheme, zeros), 0.0F, 0.0F);
  }
}

TEST_CASE("equal values keep their range") {
  const std::vector<float> equal(1000, -2.5F);
  const auto estimator = make_estimator("entropy");
  test::check_range(test::find_range(estimator, Scheme::symmetric, equal), -2.5F, 0.0F);
  test::check_range(test::find_range(estimator, Scheme::asymmetric, equal), -2.5F, -2.5F);
}

TEST_CASE("histograms at the limits of float are searched within their extrema") {
  const Counts counts = bell(2048, 300.0, 100.0);
  for (const float extent :
       {std::numeric_limits<float>::max(), std::numeric_limits<float>::denorm_min()}) {
    const Range range = entropy(counts, -extent, extent, Scheme::asymmetric);
    CHECK(range.low >= -extent);
    CHECK(range.low <= range.high);
    CHECK(range.high <= extent);
  }
}

TEST_CASE("symmetric thresholds reach the sides that have values") {
  std::vector<float> x = test::normal_values(20000, 0.0F, 1.0F, 3);
  const Range both = test::find_range(make_estimator("entropy"), Scheme::symmetric, x);
  CHECK(both.low == -both.high);
  for (float& value : x) value = std::abs(value);
  CHECK(test::find_range(make_estimator("entropy"), Scheme::symmetric, x).low == 0.0F);
  for (float& value : x) value = -value;
  CHECK(test::find_range(make_estimator("entropy"), Scheme::symmetric, x).high == 0.0F);
}

TEST_CASE("without a histogram that can be searched nothing is clipped") {
  for (const std::size_t bins : {std::size_t{0}, std::size_t{100}, kMaxHistogramBins + 1}) {
    Counts counts(bins, 0);
    if (bins > 0) counts[0] = 5;
    test::check_range(entropy(counts, -1.0F, 2.0F, Scheme::asymmetric), -1.0F, 2.0F);
    test::check_range(entropy(counts, -1.0F, 2.0F, Scheme::symmetric), -2.0F, 2.0F);
  }
  const Counts empty(2048, 0);
  test::check_range(entropy(empty, -1.0F, 2.0F, Scheme::asymmetric), -1.0F, 2.0F);
}

}  // namespace
}  // namespace octavo
