#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/range_estimator.hpp"

#include "tests/calib/statistics.hpp"
#include "tests/calib/textbook.hpp"
#include "tests/support/paths.hpp"
#include "tools/npy.hpp"

/// The searches of entropy, percentile and mse from values to ranges, against the plain versions,
/// on distributions that activations have.
namespace octavo {
namespace {

struct Data {
  std::string name;
  std::vector<float> values;
};

constexpr std::size_t kMostValues = 20000;

std::vector<Data> made_up() {
  const std::vector<float> normal = test::normal_values(kMostValues, 0.0F, 1.0F, 11);
  std::mt19937 random(12);
  std::exponential_distribution<float> exponential(1.0F);
  std::vector<float> laplace(kMostValues), relu = normal, bimodal = normal, outlier = normal;
  for (float& value : laplace) value = exponential(random) * (random() % 2 == 0 ? 1.0F : -1.0F);
  for (float& value : relu) value = std::max(value, 0.0F);
  for (std::size_t i = 0; i < bimodal.size(); ++i) bimodal[i] += i % 3 == 0 ? 8.0F : -2.0F;
  outlier[777] = 60.0F;
  return {{"normal", normal},
          {"Laplace", std::move(laplace)},
          {"ReLU", std::move(relu)},
          {"bimodal", std::move(bimodal)},
          {"one outlier", std::move(outlier)},
          {"constant", std::vector<float>(1000, 2.5F)},
          {"zeros", std::vector<float>(1000, 0.0F)},
          {"one value", {-3.0F}},
          {"two values", {-1.0F, 4.0F}}};
}

/// Made-up data and, where the models' folder is, the first values of trained models' outputs.
std::vector<Data> all_data() {
  std::vector<Data> data = made_up();
  const auto folder = test::data_folder();
  if (!folder) {
    test::report_skipped("agreement on real tensors", "no models");
    return data;
  }
  for (const char* name : {"crepe_tiny", "yunet_n_320", "ultraface_rfb320", "mlperf_resnet8"}) {
    const auto npy = tools::read_npy(*folder / "models" / name / "output_0.npy");
    const auto values = npy.as<float>();
    data.push_back({name,
                    {values.begin(), values.begin() + static_cast<std::ptrdiff_t>(
                                                          std::min(values.size(), kMostValues))}});
  }
  return data;
}

std::vector<float> magnitudes(std::vector<float> x) {
  for (float& value : x) value = std::abs(value);
  return x;
}

float largest_end(Range range) {
  return std::max(-range.low, range.high);
}

/// Equal bins from `low` to `high`, which hold all values.
test::Counts counts_of(const std::vector<float>& x, double low, double high, std::size_t bins) {
  test::Counts counts(bins);
  for (const float value : x) {
    const double place = (value - low) / (high - low) * static_cast<double>(bins);
    ++counts[std::min(static_cast<std::size_t>(place), bins - 1)];
  }
  return counts;
}

constexpr std::size_t kMseBins = 1024;

/// The number of bins from `low` to `value`.
std::size_t bin_edge(double value, double low, double high) {
  return static_cast<std::size_t>(std::lround((value - low) / (high - low) * kMseBins));
}

TEST_CASE("agreement: percentile with sorting, to a bin") {
  for (const auto& [name, x] : all_data()) {
    CAPTURE(name);
    std::vector<float> negated = x;
    for (float& value : negated) value = -value;
    const auto [low, high] = std::ranges::minmax(x);
    // Up to 4096 values are sorted.
    const float bin = x.size() <= 4096 ? 0.0F : (high - low) / 2048.0F * 1.001F;
    for (const char* percentile : {"90", "99.9"}) {
      const auto estimator =
          make_estimator("percentile:sample=0,percentile=" + std::string(percentile));
      const Range range = test::find_range(estimator, Scheme::asymmetric, x);
      const double share = std::stod(percentile);
      CHECK(std::abs(range.low + test::textbook_percentile(negated, share)) <= bin);
      CHECK(std::abs(range.high - test::textbook_percentile(x, share)) <= bin);
      const float end = largest_end(test::find_range(estimator, Scheme::symmetric, x));
      CHECK(std::abs(end - test::textbook_percentile(magnitudes(x), share)) <= bin);
    }
  }
}

TEST_CASE("agreement: entropy with the least divergence of all thresholds") {
  constexpr std::size_t kBins = 2048;
  for (const auto& [name, x] : all_data()) {
    CAPTURE(name);
    const double largest = std::ranges::max(magnitudes(x));
    const Range range = test::find_range(make_estimator("entropy:sample=0"), Scheme::symmetric, x);
    if (largest == 0.0) {
      CHECK(largest_end(range) == 0.0F);
      continue;
    }
    const test::Counts counts = counts_of(magnitudes(x), 0.0, largest, kBins);
    const test::Counts seen = test::without_zeros(counts, 0);
    const auto divergence = [&](std::size_t bins) {
      return test::textbook_divergence(seen, 0, bins, 128);
    };
    const auto chosen = static_cast<std::size_t>(std::lround(largest_end(range) / largest * kBins));
    REQUIRE(chosen >= 128);
    // Values on edges of bins may be counted on either side.
    CHECK(divergence(chosen) <= 1.001 * divergence(test::textbook_entropy(counts, 128, 16)) + 1e-9);
  }
}

/// The mse search among 1024 bins from `low` to `high`, of which the range is [first, last).
void check_mse(const std::vector<float>& x, double low, double high, test::Bins chosen,
               double levels, std::size_t step) {
  const double bins_per_unit = kMseBins / (high - low);
  const double zero = -low * bins_per_unit;
  const test::Counts counts =
      test::without_zeros(counts_of(x, low, high, kMseBins),
                          static_cast<std::size_t>(std::clamp(zero, 0.0, kMseBins - 1.0)));
  const auto error = [&](test::Bins bins) {
    return test::textbook_error(counts, zero, bins.first, bins.last, levels);
  };
  CAPTURE(chosen.first);
  CAPTURE(chosen.last);
  CHECK(error(chosen) <= 1.001 * error(test::textbook_mse(counts, zero, levels, step)) + 1e-9);
}

TEST_CASE("agreement: mse with the least error of all pairs of ends") {
  const auto estimator = make_estimator("mse:sample=0,bins=" + std::to_string(kMseBins));
  for (const auto& [name, x] : all_data()) {
    CAPTURE(name);
    const auto [low, high] = std::ranges::minmax(x);
    const Range asymmetric = test::find_range(estimator, Scheme::asymmetric, x);
    const float end = largest_end(test::find_range(estimator, Scheme::symmetric, x));
    const std::vector<float> sizes = magnitudes(x);
    const double largest = std::ranges::max(sizes);
    if (largest == 0.0) {
      CHECK(end == 0.0F);
    } else {
      check_mse(sizes, 0.0, largest, {0, bin_edge(end, 0.0, largest)}, 127.0, 1);
    }
    if (low == high) {
      test::check_range(asymmetric, low, high);
    } else {
      // Candidates are 1/128 of the extent apart, 1/1024 where only one end moves.
      const std::size_t step = low < 0.0F && high > 0.0F ? 8 : 1;
      check_mse(x, low, high,
                {bin_edge(asymmetric.low, low, high), bin_edge(asymmetric.high, low, high)}, 255.0,
                step);
    }
  }
}

}  // namespace
}  // namespace octavo
