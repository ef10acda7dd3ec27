#include <limits>

#include <doctest/doctest.h>

#include "octavo/range_estimator.hpp"

#include "tests/calib/statistics.hpp"

namespace octavo {
namespace {

Range estimate(const char* name, float low, float high, Scheme scheme = Scheme::asymmetric) {
  ActivationStatistics statistics;
  statistics.scheme = scheme;
  statistics.extrema = {low, high};
  return make_estimator(name)->estimate(statistics, nullptr);
}

TEST_CASE("max is the largest absolute value on the sides that have values, if symmetric") {
  const auto symmetric = [](float low, float high) {
    return estimate("max", low, high, Scheme::symmetric);
  };
  test::check_range(symmetric(-2.0F, 3.0F), -3.0F, 3.0F);
  test::check_range(symmetric(-3.0F, 2.0F), -3.0F, 3.0F);
  test::check_range(symmetric(0.0F, 3.0F), 0.0F, 3.0F);
  test::check_range(symmetric(1.0F, 3.0F), 0.0F, 3.0F);
  test::check_range(symmetric(-3.0F, 0.0F), -3.0F, 0.0F);
  test::check_range(symmetric(-3.0F, -1.0F), -3.0F, 0.0F);
  test::check_range(symmetric(0.0F, 0.0F), 0.0F, 0.0F);
  test::check_range(symmetric(-0.0F, 0.0F), 0.0F, 0.0F);
}

TEST_CASE("max is the smallest and the largest value, if asymmetric") {
  test::check_range(estimate("max", -2.0F, 3.0F), -2.0F, 3.0F);
  test::check_range(estimate("max", 1.0F, 3.0F), 1.0F, 3.0F);
  test::check_range(estimate("max", -3.0F, -1.0F), -3.0F, -1.0F);
}

TEST_CASE("minmax is the extrema as they are") {
  test::check_range(estimate("minmax", -2.0F, 3.0F), -2.0F, 3.0F);
  test::check_range(estimate("minmax", 1.0F, 3.0F), 1.0F, 3.0F);
  test::check_range(estimate("minmax", -3.0F, -1.0F, Scheme::symmetric), -3.0F, -1.0F);
  test::check_range(estimate("minmax", 0.0F, 0.0F), 0.0F, 0.0F);
}

TEST_CASE("the largest and the smallest floats are no exception") {
  constexpr float kLargest = std::numeric_limits<float>::max();
  constexpr float kSmallest = std::numeric_limits<float>::denorm_min();
  test::check_range(estimate("max", -kLargest, kSmallest, Scheme::symmetric), -kLargest, kLargest);
  test::check_range(estimate("max", 0.0F, kSmallest), 0.0F, kSmallest);
  test::check_range(estimate("minmax", -kLargest, kLargest), -kLargest, kLargest);
}

TEST_CASE("max and minmax ask for nothing but the extrema") {
  for (const char* name : {"max", "minmax"}) {
    const StatisticsRequest request = make_estimator(name)->needs(Scheme::symmetric);
    CHECK_FALSE(request.moments);
    CHECK(request.histogram_bins == 0);
  }
}

}  // namespace
}  // namespace octavo
