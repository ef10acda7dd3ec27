#include <cstdio>
#include <random>
#include <string>

#include <doctest/doctest.h>

#include "octavo/range_estimator.hpp"

#include "tests/calib/statistics.hpp"
#include "tests/calib/textbook.hpp"

namespace octavo {
namespace {

using test::Counts;

/// The bins [low, high) that are kept: each bin is 1 wide, the first starts at 0.
void check_kept(const Counts& counts, const char* coverage, float low, float high) {
  const auto estimator = make_estimator("histogram:coverage=" + std::string(coverage));
  const Range range =
      estimator->estimate(test::histogram_statistics(
                              counts, 0.0F, static_cast<float>(counts.size()), Scheme::asymmetric),
                          nullptr);
  CAPTURE(coverage);
  test::check_range(range, low, high);
}

TEST_CASE("the end with fewer values moves inwards") {
  check_kept({1, 40, 50, 8, 1}, "0.98", 1, 4);
  check_kept({1, 40, 50, 7, 2}, "0.99", 1, 5);
  check_kept({2, 40, 50, 7, 1}, "0.99", 0, 4);
}

TEST_CASE("the step that reaches the coverage is the last one") {
  check_kept({3, 0, 90, 0, 7}, "0.98", 1, 5);
  check_kept({3, 0, 90, 0, 7}, "0.97", 1, 5);
  check_kept({3, 0, 90, 0, 7}, "0.9001", 2, 4);
  check_kept({3, 0, 90, 0, 7}, "0.9", 2, 4);
  check_kept({3, 0, 90, 0, 7}, "0.89", 2, 3);
}

TEST_CASE("on a tie the left end moves") {
  check_kept({5, 90, 5}, "0.95", 1, 3);
  check_kept({5, 5, 5, 5}, "0.75", 1, 4);
  check_kept({5, 5, 5, 5}, "0.5", 2, 4);
  check_kept({5, 5, 5, 5}, "0.25", 3, 4);
}

TEST_CASE("empty bins are dropped while the share is above the coverage") {
  check_kept({5000, 4999, 0, 0, 0, 0, 1}, "0.9999", 0, 6);
  check_kept({5000, 4999, 0, 0, 0, 0, 1}, "0.9998", 0, 1);
  check_kept({1, 0, 0, 0, 0, 4999, 5000}, "0.9999", 1, 7);
  check_kept({0, 0, 7, 0, 0}, "0.9999", 2, 3);
}

TEST_CASE("the last step may cost much: the side with fewer values moves, however many they are") {
  check_kept({9000, 0, 0, 1000, 1, 1, 1}, "0.999", 0, 3);
}

TEST_CASE("plateaus move from the left until it holds more") {
  check_kept({1, 2, 2, 2, 2, 1}, "0.91", 1, 6);
  check_kept({1, 2, 2, 2, 2, 1}, "0.9", 1, 6);
  check_kept({1, 2, 2, 2, 2, 1}, "0.8", 1, 5);
  check_kept({1, 2, 2, 2, 2, 1}, "0.7", 2, 5);
  check_kept({1, 2, 2, 2, 2, 1}, "0.3", 4, 5);
}

TEST_CASE("the range is the textbook's for any counts") {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    Counts counts(2 + random() % 60);
    for (std::uint64_t& count : counts) count = random() % 3 == 0 ? random() % 50 : random() % 3;
    counts[random() % counts.size()] += 1;
    const double coverage = 0.01 + 0.001 * static_cast<double>(random() % 989);
    const test::Bins expected = test::textbook_coverage(counts, coverage);
    char text[32];
    std::snprintf(text, sizeof text, "%.17g", coverage);
    check_kept(counts, text, static_cast<float>(expected.first), static_cast<float>(expected.last));
  }
}

TEST_CASE("all values in one bin leave that bin, whatever the coverage") {
  for (const char* coverage : {"1e-9", "0.5", "0.9999"}) {
    check_kept({0, 0, 0, 7, 0}, coverage, 3, 4);
    check_kept({7, 0, 0}, coverage, 0, 1);
    check_kept({0, 0, 7}, coverage, 2, 3);
  }
}

TEST_CASE("a coverage of 1 keeps the extrema, also where a sample missed them") {
  check_kept({1, 1000000, 1}, "1", 0, 3);
  check_kept({0, 5, 0}, "1", 0, 3);
}

TEST_CASE("counts beyond 32 bits are exact") {
  constexpr std::uint64_t kMany = std::uint64_t{1} << 52;
  check_kept({1, kMany, 1}, "0.9999", 1, 2);
  check_kept({kMany, kMany, kMany}, "0.5", 2, 3);
}

TEST_CASE("without values or bins nothing is clipped") {
  check_kept({0, 0, 0}, "0.5", 0, 3);
  ActivationStatistics statistics;
  statistics.scheme = Scheme::asymmetric;
  statistics.extrema = {-1.0F, 2.0F};
  const Range range = make_estimator("histogram")->estimate(statistics, nullptr);
  test::check_range(range, -1.0F, 2.0F);
}

TEST_CASE("for the symmetric scheme the larger absolute edge counts") {
  const auto estimate = [](const Counts& counts, float low, float high) {
    return make_estimator("histogram:coverage=0.9")
        ->estimate(test::histogram_statistics(counts, low, high, Scheme::symmetric), nullptr);
  };
  test::check_range(estimate({1, 10, 80, 9}, -2.0F, 2.0F), -1.0F, 1.0F);
  test::check_range(estimate({10, 80, 9, 1}, -2.0F, 2.0F), -2.0F, 2.0F);
  test::check_range(estimate({1, 10, 80, 9}, 0.0F, 4.0F), 0.0F, 3.0F);
  test::check_range(estimate({1, 80, 10, 9}, -4.0F, 0.0F), -3.0F, 0.0F);
}

TEST_CASE("an outlier is clipped, the bulk is not") {
  std::vector<float> x = test::normal_values(50000, 0.0F, 1.0F, 1);
  x[77] = 1000.0F;
  const Range range = test::find_range(make_estimator("histogram"), Scheme::asymmetric, x);
  CHECK(range.high < 10.0F);
  CHECK(range.low < -3.0F);
}

}  // namespace
}  // namespace octavo
