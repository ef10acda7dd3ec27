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

Range mse(const Counts& counts, float low, float high, Scheme scheme) {
  return make_estimator("mse")->estimate(test::histogram_statistics(counts, low, high, scheme),
                                         nullptr);
}

/// The mean squared error of values quantized with this range, by quantizing each of them.
double quantization_error(const std::vector<float>& x, Range range, Scheme scheme) {
  double low = std::min(range.low, 0.0F);
  double high = std::max(range.high, 0.0F);
  if (scheme == Scheme::symmetric) high = std::max(-low, high);
  const double step = scheme == Scheme::symmetric ? high / 127.0 : (high - low) / 255.0;
  if (scheme == Scheme::symmetric) low = -high;
  double sum = 0.0;
  for (const float value : x) {
    const double clipped = std::clamp(static_cast<double>(value), low, high);
    const double error = std::nearbyint(clipped / step) * step - value;
    sum += error * error;
  }
  return sum / static_cast<double>(x.size());
}

/// The least error of ranges that shrink the extrema by any two factors.
double least_error(const std::vector<float>& x, Scheme scheme) {
  const auto [low, high] = std::ranges::minmax(x);
  double least = std::numeric_limits<double>::infinity();
  for (float l = 1.0F; l > 0.0F; l -= 1.0F / 40.0F) {
    for (float h = 1.0F; h > 0.0F; h -= 1.0F / 40.0F) {
      least = std::min(least, quantization_error(x, {l * low, h * high}, scheme));
      if (scheme == Scheme::symmetric) break;
    }
  }
  return least;
}

TEST_CASE("mse: the error of the chosen range is nearly the least, quantizing every value") {
  const std::vector<float> normal = test::normal_values(2000, 0.0F, 1.0F, 1);
  std::vector<std::vector<float>> data(5, normal);
  for (float& value : data[1]) value = std::max(value, 0.0F);
  for (float& value : data[2]) value = value * value * value;
  for (float& value : data[3]) value = value * std::abs(value) + 0.5F;
  data[4][7] = 30.0F;
  for (const std::vector<float>& x : data) {
    for (const Scheme scheme : {Scheme::symmetric, Scheme::asymmetric}) {
      const Range range = test::find_range(make_estimator("mse"), scheme, x);
      const double found = quantization_error(x, range, scheme);
      const auto [low, high] = std::ranges::minmax(x);
      CHECK(found <= 1.1 * least_error(x, scheme));
      CHECK(found <= 1.1 * quantization_error(x, {low, high}, scheme));
    }
  }
}

TEST_CASE("mse: the textbook's minimum over all pairs of ends") {
  std::mt19937 random(2);
  for (int round = 0; round < 40; ++round) {
    Counts counts(100);
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const double z = (static_cast<double>(i) - 40.0) / (3.0 + round / 4.0);
      counts[i] = static_cast<std::uint64_t>(1e6 * std::exp(-z * z / 2.0)) + random() % 3;
    }
    const std::size_t zero = round % 3 == 0 ? 0 : 40;
    // At an edge, the bin of zero is that on its right, no fuller than its neighbours.
    counts[zero] =
        std::min(counts[zero], std::max(zero == 0 ? 0 : counts[zero - 1], counts[zero + 1]));
    const auto offset = static_cast<float>(zero);
    const Range range = make_estimator("mse")->estimate(
        test::histogram_statistics(counts, -offset, 100.0F - offset, Scheme::asymmetric), nullptr);
    const test::Bins best = test::textbook_mse(counts, offset, 255.0, 1);
    const double least = test::textbook_error(counts, offset, best.first, best.last, 255.0);
    const double found =
        test::textbook_error(counts, offset, static_cast<std::size_t>(range.low + offset),
                             static_cast<std::size_t>(range.high + offset), 255.0);
    CHECK(found == doctest::Approx(least).epsilon(1e-9));
  }
}

/// A value is as well off half a step outside the range as inside, so ends move in by about that.
void check_nearly(Range range, float low, float high) {
  CHECK(std::abs(range.low - low) < 0.01F * (high - low));
  CHECK(std::abs(range.high - high) < 0.01F * (high - low));
}

TEST_CASE("mse: evenly spread values are clipped by no more than a step") {
  const Counts even(2048, 50);
  for (const Scheme scheme : {Scheme::symmetric, Scheme::asymmetric}) {
    check_nearly(mse(even, 0.0F, 4.0F, scheme), 0.0F, 4.0F);
  }
  check_nearly(mse(even, -3.0F, 5.0F, Scheme::asymmetric), -3.0F, 5.0F);
  // Far from zero a step is wider than all values are apart.
  CHECK(mse(even, 1000.0F, 1001.0F, Scheme::asymmetric).high > 1000.0F);
  CHECK(mse(even, -7.0F, -6.0F, Scheme::asymmetric).low < -6.9F);
}

TEST_CASE("mse: the zeros of ReLU do not change the range") {
  std::vector<float> x = test::normal_values(1200, 0.0F, 1.0F, 3);
  for (float& value : x) value = std::abs(value);
  std::vector<float> with_zeros = x;
  with_zeros.resize(2048, 0.0F);
  for (const Scheme scheme : {Scheme::symmetric, Scheme::asymmetric}) {
    const Range range = test::find_range(make_estimator("mse"), scheme, x);
    CHECK(test::find_range(make_estimator("mse"), scheme, with_zeros).high ==
          doctest::Approx(range.high).epsilon(0.01));
  }
}

TEST_CASE("mse: without values or extent nothing is clipped") {
  const Counts empty(64, 0);
  test::check_range(mse(empty, -1.0F, 2.0F, Scheme::asymmetric), -1.0F, 2.0F);
  test::check_range(mse({}, -1.0F, 2.0F, Scheme::symmetric), -2.0F, 2.0F);
  test::check_range(mse({5, 5}, 0.0F, 0.0F, Scheme::asymmetric), 0.0F, 0.0F);
  const std::vector<float> equal(100, 2.5F);
  test::check_range(test::find_range(make_estimator("mse"), Scheme::asymmetric, equal), 2.5F, 2.5F);
}

}  // namespace
}  // namespace octavo
