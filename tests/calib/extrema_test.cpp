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

Range average(const char* spec, Range extrema, const Range* previous, Scheme scheme) {
  ActivationStatistics statistics;
  statistics.scheme = scheme;
  statistics.extrema = extrema;
  return make_estimator(spec)->estimate(statistics, previous);
}

TEST_CASE("the moving average starts at the extrema and moves by its rate") {
  constexpr Scheme kAsymmetric = Scheme::asymmetric;
  const Range previous{-8.0F, 4.0F};
  const char* half = "moving_average:rate=0.5";
  test::check_range(average(half, {-2.0F, 6.0F}, nullptr, kAsymmetric), -2.0F, 6.0F);
  test::check_range(average(half, {-2.0F, 6.0F}, &previous, kAsymmetric), -5.0F, 5.0F);
  test::check_range(average(half, {-2.0F, 6.0F}, &previous, Scheme::symmetric), -7.0F, 5.0F);
  test::check_range(average("moving_average:rate=1", {-2.0F, 6.0F}, &previous, kAsymmetric), -2.0F,
                    6.0F);
  const Range zero{0.0F, 0.0F};
  test::check_range(average("moving_average", {-20.0F, 10.0F}, &zero, kAsymmetric), -2.0F, 1.0F);
  Range range = zero;
  for (int batch = 0; batch < 300; ++batch) {
    range = average("moving_average", {-1.0F, 2.0F}, &range, kAsymmetric);
  }
  CHECK(range.low == doctest::Approx(-1.0));
  CHECK(range.high == doctest::Approx(2.0));
}

TEST_CASE("the moving average of the largest floats is finite") {
  constexpr float kLargest = std::numeric_limits<float>::max();
  const Range widest{-kLargest, kLargest};
  test::check_range(average("moving_average", widest, &widest, Scheme::asymmetric), -kLargest,
                    kLargest);
}

TEST_CASE("estimators of extrema ask for nothing else") {
  for (const char* name : {"max", "minmax", "moving_average"}) {
    const StatisticsRequest request = make_estimator(name)->needs(Scheme::symmetric);
    CHECK_FALSE(request.moments);
    CHECK(request.histogram_bins == 0);
  }
}

}  // namespace
}  // namespace octavo
