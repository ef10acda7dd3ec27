#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/range_estimator.hpp"

#include "tests/calib/statistics.hpp"
#include "tests/calib/textbook.hpp"

namespace octavo {
namespace {

Range of_values(const std::string& percentile, std::vector<float> x, Scheme scheme) {
  return test::find_range(make_estimator("percentile:sample=0,percentile=" + percentile), scheme,
                          x);
}

std::vector<float> negated(std::vector<float> x) {
  for (float& value : x) value = -value;
  return x;
}

std::vector<float> magnitudes(std::vector<float> x) {
  for (float& value : x) value = std::abs(value);
  return x;
}

TEST_CASE("percentile: by hand") {
  const std::vector<float> x{4.0F, -3.0F, 1.0F, 2.0F, -1.0F, 0.0F, 3.0F, -2.0F, 5.0F, -10.0F};
  test::check_range(of_values("90", x, Scheme::asymmetric), -3.0F, 4.0F);
  test::check_range(of_values("90.1", x, Scheme::asymmetric), -10.0F, 5.0F);
  test::check_range(of_values("51", x, Scheme::asymmetric), 0.0F, 1.0F);
  test::check_range(of_values("90", x, Scheme::symmetric), -5.0F, 5.0F);
  test::check_range(of_values("80", x, Scheme::symmetric), -4.0F, 4.0F);
  test::check_range(of_values("100", x, Scheme::symmetric), -10.0F, 10.0F);
  test::check_range(of_values("100", x, Scheme::asymmetric), -10.0F, 5.0F);
}

TEST_CASE("percentile: few values are exact, by sorting") {
  for (const std::size_t n : {1U, 2U, 3U, 100U, 4095U, 4096U}) {
    const std::vector<float> x = test::normal_values(n, 0.3F, 2.0F, 7);
    for (const double percentile : {50.5, 75.0, 99.0, 99.99}) {
      CAPTURE(n);
      CAPTURE(percentile);
      const std::string text = std::to_string(percentile);
      test::check_range(of_values(text, x, Scheme::asymmetric),
                        -test::textbook_percentile(negated(x), percentile),
                        test::textbook_percentile(x, percentile));
      const float threshold = test::textbook_percentile(magnitudes(x), percentile);
      const Range symmetric = of_values(text, x, Scheme::symmetric);
      CHECK(std::max(-symmetric.low, symmetric.high) == threshold);
    }
  }
}

TEST_CASE("percentile: many values are at most one bin away") {
  const std::vector<float> x = test::normal_values(50000, 1.0F, 2.0F, 8);
  const auto [low, high] = std::ranges::minmax(x);
  const float bin = (high - low) / 2048.0F * 1.001F;
  for (const double percentile : {51.0, 90.0, 99.0, 99.99}) {
    CAPTURE(percentile);
    const std::string text = std::to_string(percentile);
    const Range range = of_values(text, x, Scheme::asymmetric);
    const float exact_low = -test::textbook_percentile(negated(x), percentile);
    const float exact_high = test::textbook_percentile(x, percentile);
    CHECK(range.low <= exact_low + bin * 1e-3F);
    CHECK(range.low >= exact_low - bin);
    CHECK(range.high >= exact_high - bin * 1e-3F);
    CHECK(range.high <= exact_high + bin);
    const float threshold = test::textbook_percentile(magnitudes(x), percentile);
    const Range symmetric = of_values(text, x, Scheme::symmetric);
    CHECK(symmetric.high >= threshold - bin * 1e-3F);
    CHECK(symmetric.high <= threshold + bin);
  }
}

TEST_CASE("percentile: of a histogram, by hand") {
  const auto estimate = [](const test::Counts& counts, const char* percentile) {
    return make_estimator("percentile:percentile=" + std::string(percentile))
        ->estimate(test::histogram_statistics(counts, 0.0F, static_cast<float>(counts.size()),
                                              Scheme::asymmetric),
                   nullptr);
  };
  test::check_range(estimate({1, 0, 8, 0, 1}, "90"), 2.0F, 3.0F);
  test::check_range(estimate({1, 0, 8, 0, 1}, "90.1"), 0.0F, 5.0F);
  test::check_range(estimate({2, 6, 0, 1, 1}, "80"), 1.0F, 2.0F);
  test::check_range(estimate({0, 0, 7, 0, 0}, "99"), 2.0F, 3.0F);
  test::check_range(estimate({0, 0, 7, 0, 0}, "100"), 0.0F, 5.0F);
  test::check_range(estimate({0, 0, 0}, "90"), 0.0F, 3.0F);
  test::check_range(estimate({1, 1}, "50.1"), 0.0F, 2.0F);
}

}  // namespace
}  // namespace octavo
