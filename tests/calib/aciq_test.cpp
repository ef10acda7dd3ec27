#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/range_estimator.hpp"

#include "tests/calib/statistics.hpp"
#include "tests/calib/textbook.hpp"

namespace octavo {
namespace {

Range estimate(const char* spec, Scheme scheme, Range extrema, const Moments& moments) {
  ActivationStatistics statistics;
  statistics.scheme = scheme;
  statistics.extrema = extrema;
  statistics.moments = moments;
  return make_estimator(spec)->estimate(statistics, nullptr);
}

constexpr const char* kGauss = "aciq:distribution=gauss";
constexpr const char* kLaplace = "aciq:distribution=laplace";
constexpr Range kWide{-100.0F, 100.0F};

TEST_CASE("aciq: the published constants, for 8 bits") {
  const Moments moments{.mean = 0.0, .mean_magnitude = 2.0, .mean_deviation = 2.0, .variance = 9.0};
  for (const Scheme scheme : {Scheme::symmetric, Scheme::asymmetric}) {
    test::check_range(estimate(kGauss, scheme, kWide, moments), -3.0F * 3.92404F, 3.0F * 3.92404F);
    test::check_range(estimate(kLaplace, scheme, kWide, moments), -2.0F * 9.89676F,
                      2.0F * 9.89676F);
  }
  // One sign: of a half-normal distribution with sigma 1, and an exponential one with b = 1.
  const double root = std::sqrt(2.0 / 3.14159265358979323846);
  const Moments half_normal{.mean = root, .mean_magnitude = root, .variance = 1.0 - root * root};
  const Moments exponential{.mean = 1.0, .mean_magnitude = 1.0, .variance = 1.0};
  const auto high = [](const char* spec, Scheme scheme, const Moments& m) {
    return estimate(spec, scheme, {0.0F, 100.0F}, m).high;
  };
  CHECK(high(kGauss, Scheme::asymmetric, half_normal) == doctest::Approx(4.216));
  CHECK(high(kLaplace, Scheme::asymmetric, exponential) == doctest::Approx(11.163));
  CHECK(high(kGauss, Scheme::symmetric, half_normal) == doctest::Approx(3.92404));
  CHECK(high(kLaplace, Scheme::symmetric, exponential) == doctest::Approx(9.89676));
}

TEST_CASE("aciq: asymmetric ranges lie around the mean") {
  const Moments moments{.mean = 5.0, .mean_magnitude = 5.0, .mean_deviation = 0.5, .variance = 1.0};
  const Range range = estimate(kGauss, Scheme::asymmetric, kWide, moments);
  CHECK(range.low == doctest::Approx(5.0 - 3.92404));
  CHECK(range.high == doctest::Approx(5.0 + 3.92404));
  CHECK(estimate(kLaplace, Scheme::asymmetric, kWide, moments).high ==
        doctest::Approx(5.0 + 0.5 * 9.89676));
}

TEST_CASE("aciq: never beyond the observed extreme") {
  const Moments moments{.mean = 0.0, .mean_magnitude = 2.0, .mean_deviation = 2.0, .variance = 9.0};
  for (const char* spec : {kGauss, kLaplace}) {
    test::check_range(estimate(spec, Scheme::asymmetric, {-2.0F, 200.0F}, moments), -2.0F,
                      estimate(spec, Scheme::asymmetric, {-200.0F, 200.0F}, moments).high);
    test::check_range(estimate(spec, Scheme::symmetric, {-2.0F, 3.0F}, moments), -3.0F, 3.0F);
    test::check_range(estimate(spec, Scheme::asymmetric, {0.0F, 3.0F}, {1.0, 1.0, 0.0, 1.0}), 0.0F,
                      3.0F);
    test::check_range(estimate(spec, Scheme::asymmetric, {-3.0F, 0.0F}, {-1.0, 1.0, 0.0, 1.0}),
                      -3.0F, 0.0F);
  }
}

TEST_CASE("aciq: the moments are the textbook's") {
  std::vector<float> x = test::normal_values(2000, 3.0F, 1.0F, 9);
  x[0] = -40.0F;
  x[1] = 50.0F;
  const test::Scale scale = test::textbook_scale(x);
  const double mean = std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
  const auto high = [&](const char* spec) {
    return test::find_range(make_estimator(spec), Scheme::asymmetric, x).high;
  };
  CHECK(high(kGauss) == doctest::Approx(mean + 3.92404 * scale.sigma));
  CHECK(high(kLaplace) == doctest::Approx(mean + 9.89676 * scale.b));
}

TEST_CASE("aciq: values without spread are not clipped") {
  for (const char* spec : {kGauss, kLaplace}) {
    for (const Scheme scheme : {Scheme::symmetric, Scheme::asymmetric}) {
      test::check_range(estimate(spec, scheme, {0.0F, 0.0F}, {}), 0.0F, 0.0F);
      CHECK(test::find_range(make_estimator(spec), scheme, std::vector<float>(9, 2.5F)).high ==
            2.5F);
    }
  }
}

TEST_CASE("aciq: the zeros of ReLU do not change the scale") {
  std::vector<float> x = test::normal_values(2000, 0.0F, 1.0F, 3);
  for (float& value : x) value = std::abs(value);
  x[0] = 50.0F;
  for (const char* spec : {kGauss, kLaplace}) {
    const Range alone = test::find_range(make_estimator(spec), Scheme::asymmetric, x);
    std::vector<float> with_zeros = x;
    with_zeros.resize(2045, 0.0F);
    const Range range = test::find_range(make_estimator(spec), Scheme::asymmetric, with_zeros);
    CHECK(range.high == doctest::Approx(alone.high).epsilon(1e-5));
    CHECK(range.high < 50.0F);
  }
}

/// The mean squared error of x quantized to `levels` steps over [low, high].
double error_of(const std::vector<float>& x, double low, double high, double levels) {
  const double step = (high - low) / levels;
  double sum = 0.0;
  for (const float value : x) {
    const double clipped = std::clamp(static_cast<double>(value), low, high);
    const double error = std::nearbyint((clipped - low) / step) * step + low - value;
    sum += error * error;
  }
  return sum / static_cast<double>(x.size());
}

TEST_CASE("aciq: on its distribution, nearly the least error") {
  std::vector<float> gauss = test::normal_values(200000, 0.0F, 1.0F, 4);
  std::vector<float> laplace(gauss.size());
  std::mt19937 random(5);
  std::exponential_distribution<float> exponential(1.0F);
  for (float& value : laplace) value = exponential(random) * (random() % 2 == 0 ? 1.0F : -1.0F);
  for (const auto& [spec, x] : {std::pair{kGauss, &gauss}, std::pair{kLaplace, &laplace}}) {
    const Range range = test::find_range(make_estimator(spec), Scheme::asymmetric, *x);
    const double found = error_of(*x, range.low, range.high, 255.0);
    for (double reach = 2.0; reach < 14.0; reach += 0.25) {
      CHECK(found < 1.1 * error_of(*x, -reach, reach, 255.0));
    }
  }
}

}  // namespace
}  // namespace octavo
