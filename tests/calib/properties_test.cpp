#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/range_estimator.hpp"

#include "calib/streaming_statistics.hpp"
#include "kernels/quantization.hpp"
#include "tests/calib/statistics.hpp"

namespace octavo {
namespace {

constexpr Scheme kSchemes[] = {Scheme::symmetric, Scheme::asymmetric};
constexpr const char* kSpecs[] = {"max",
                                  "minmax",
                                  "histogram",
                                  "histogram:bins=2,coverage=0.3",
                                  "histogram:bins=777,coverage=0.9",
                                  "entropy",
                                  "entropy:bins=256",
                                  "entropy:bins=1000",
                                  "percentile",
                                  "percentile:percentile=90,sample=0",
                                  "percentile:percentile=50.1",
                                  "mse",
                                  "mse:bins=2",
                                  "mse:bins=8192,sample=0",
                                  "aciq",
                                  "aciq:distribution=gauss"};

/// Activations of several kinds: normal, ReLU, ReLU6, heavy tails, far from zero, tiny, huge, few.
std::vector<std::vector<float>> activations() {
  std::vector<std::vector<float>> all;
  const auto add = [&](std::size_t n, float mean, float deviation, auto change) {
    all.push_back(test::normal_values(n, mean, deviation, static_cast<std::uint32_t>(all.size())));
    for (float& value : all.back()) value = change(value);
  };
  const auto same = [](float value) { return value; };
  add(2000, 0.0F, 1.0F, same);
  add(2000, 0.0F, 1.0F, [](float value) { return std::max(value, 0.0F); });
  add(2000, 3.0F, 4.0F, [](float value) { return std::clamp(value, 0.0F, 6.0F); });
  add(2000, 0.0F, 1.0F, [](float value) { return value * value * value * value * value; });
  add(2000, 1000.0F, 1.0F, same);
  add(2000, -3.0F, 1.0F, same);
  add(2000, 0.0F, 1e-38F, same);
  add(2000, 0.0F, 1e37F, same);
  add(3, 0.0F, 1.0F, same);
  add(1, 0.0F, 1.0F, same);
  return all;
}

template <class Check>
void for_all(const Check& check) {
  const auto data = activations();
  for (const char* spec : kSpecs) {
    const auto estimator = make_estimator(spec);
    for (const Scheme scheme : kSchemes) {
      for (std::size_t i = 0; i < data.size(); ++i) {
        CAPTURE(spec);
        CAPTURE(static_cast<int>(scheme));
        CAPTURE(i);
        check(estimator, scheme, data[i]);
      }
    }
  }
}

TEST_CASE("a range stays within the largest absolute value, and within the signs of the data") {
  for_all([](const auto& estimator, Scheme scheme, const std::vector<float>& x) {
    const Range range = test::find_range(estimator, scheme, x);
    const auto [low, high] = std::ranges::minmax(x);
    const float largest = std::max(std::abs(low), std::abs(high));
    CHECK(range.low <= range.high);
    CHECK(range.low >= std::max(-largest, std::min(low, low < 0.0F ? -largest : 0.0F)));
    CHECK(range.high <= std::min(largest, std::max(high, high > 0.0F ? largest : 0.0F)));
  });
}

/// Any finite float: its bits are random; in some activations the exponents are few.
std::vector<float> random_floats(std::mt19937& random) {
  constexpr std::size_t kMany = calib::RangeFinder::kSampleRuns * 64;
  const std::size_t sizes[] = {1, 2, 3, 17, 300, kMaxListedValues, kMany};
  std::vector<float> x(sizes[random() % std::size(sizes)]);
  const auto exponents = static_cast<std::uint32_t>(random() % 3 == 0 ? 255U : 1U << random() % 8U);
  const auto first = static_cast<std::uint32_t>(random() % 256U);
  for (float& value : x) {
    const auto bits = static_cast<std::uint32_t>(random());
    const std::uint32_t exponent =
        (first + static_cast<std::uint32_t>(random()) % exponents) % 255U;
    value = random() % 8 == 0 ? 0.0F : std::bit_cast<float>((bits & 0x807FFFFFU) | exponent << 23U);
  }
  if (random() % 4 == 0) {
    for (float& value : x) value = std::abs(value);
  }
  return x;
}

TEST_CASE("built-in estimators answer with a finite interval, whatever the finite values") {
  std::mt19937 random(7);
  for (int round = 0; round < 60; ++round) {
    const std::vector<float> x = random_floats(random);
    const std::vector<float> y = random_floats(random);
    const auto [low, high] = std::ranges::minmax(y);
    const Range previous{low, high};
    std::vector<std::string> specs(std::begin(kSpecs), std::end(kSpecs));
    specs.insert(specs.end(), {"moving_average", "moving_average:rate=1"});
    for (const std::string& spec : specs) {
      for (const Scheme scheme : kSchemes) {
        CAPTURE(round);
        CAPTURE(spec);
        // find_range throws where the answer is no finite interval.
        const Range range = test::find_range(make_estimator(spec), scheme, x, &previous);
        const kernels::Quantization q = kernels::quantization_of(range, scheme);
        CHECK(std::isfinite(q.scale));
        CHECK(q.scale > 0.0F);
        calib::StreamingStatistics statistics(make_estimator(spec), scheme);
        statistics.add(x);
        statistics.add(y);
        CHECK(statistics.range().low <= statistics.range().high);
      }
    }
  }
}

TEST_CASE("asymmetric ranges of histograms stay within the extrema") {
  for (const std::vector<float>& x : activations()) {
    for (const char* spec : {"histogram:coverage=0.8", "entropy"}) {
      const Range range = test::find_range(make_estimator(spec), Scheme::asymmetric, x);
      const auto [low, high] = std::ranges::minmax(x);
      CHECK(range.low >= low);
      CHECK(range.high <= high);
    }
  }
}

TEST_CASE("the same values give the same range, whatever came before and in whatever order") {
  for_all([](const auto& estimator, Scheme scheme, std::vector<float> x) {
    const Range range = test::find_range(estimator, scheme, x);
    const Range previous{-1e6F, 1e6F};
    const Range again = test::find_range(estimator, scheme, x, &previous);
    test::check_range(again, range.low, range.high);
    if (estimator->needs(scheme).moments) return;  // sums round differently in another order
    std::ranges::shuffle(x, std::mt19937(5));
    const Range shuffled = test::find_range(estimator, scheme, x);
    test::check_range(shuffled, range.low, range.high);
  });
}

TEST_CASE("scaling the values by a power of two scales the range") {
  const auto data = activations();
  for (const char* spec : kSpecs) {
    for (const Scheme scheme : kSchemes) {
      std::vector<float> x = data[0];
      const Range range = test::find_range(make_estimator(spec), scheme, x);
      for (float& value : x) value *= 0x1p-20F;
      const Range scaled = test::find_range(make_estimator(spec), scheme, x);
      CAPTURE(spec);
      test::check_range(scaled, range.low * 0x1p-20F, range.high * 0x1p-20F);
    }
  }
}

TEST_CASE("more coverage never gives a narrower range") {
  for (const std::vector<float>& x : activations()) {
    Range inner;
    bool first = true;
    for (const double coverage : {0.01, 0.3, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      const auto estimator = make_estimator("histogram:coverage=" + std::to_string(coverage));
      const Range range = test::find_range(estimator, Scheme::asymmetric, x);
      if (!first) {
        CHECK(range.low <= inner.low);
        CHECK(range.high >= inner.high);
      }
      inner = range;
      first = false;
    }
  }
}

}  // namespace
}  // namespace octavo
