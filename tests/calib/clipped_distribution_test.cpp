#include "calib/clipped_distribution.hpp"

#include <cmath>
#include <initializer_list>
#include <limits>
#include <random>

#include <doctest/doctest.h>

#include "calib/logarithm.hpp"
#include "tests/calib/divergence_oracle.hpp"
#include "tests/calib/statistics.hpp"

namespace octavo::calib {
namespace {

using test::Counts;

/// Narrows from all bins to `levels`, comparing each step with the textbook.
void check_against_textbook(const Counts& counts, float low, float high, std::size_t zero_bin,
                            std::size_t levels) {
  const Counts seen = test::without_zeros(counts, zero_bin);
  ClippedDistribution distribution({counts, low, high});
  while (true) {
    const BinInterval kept = distribution.kept();
    CAPTURE(kept.first);
    CAPTURE(kept.last);
    const double expected = test::textbook_divergence(seen, kept.first, kept.last, levels);
    const double found = distribution.divergence(levels);
    if (std::isinf(expected)) {
      REQUIRE(found == expected);
    } else {
      REQUIRE(found == doctest::Approx(expected).epsilon(1e-8));
    }
    REQUIRE(distribution.clipping_divergence(levels) <= expected + 1e-9);
    if (kept.size() == levels) return;
    distribution.narrow();
  }
}

/// Counts with an average of `mean`, many of them 0 when it is small.
Counts random_counts(std::size_t bins, double mean, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::poisson_distribution<std::uint64_t> distribution(mean);
  Counts counts(bins);
  for (std::uint64_t& count : counts) count = distribution(random);
  return counts;
}

TEST_CASE("the divergence is the textbook's for every interval on the way") {
  std::uint32_t seed = 0;
  for (const double mean : {0.02, 0.3, 5.0, 1000.0}) {
    for (const std::size_t bins : std::initializer_list<std::size_t>{67, 128, 300}) {
      const Counts counts = random_counts(bins, mean, ++seed);
      CAPTURE(mean);
      CAPTURE(bins);
      check_against_textbook(counts, 0.0F, 1.0F, 0, 32);
      check_against_textbook(counts, -1.0F, 0.0F, bins - 1, 32);
      check_against_textbook(counts, -1.0F, 3.0F, bins / 4, 4);
    }
  }
}

TEST_CASE("counts beyond 32 bits lose nothing") {
  Counts counts = random_counts(300, 5.0, 1);
  for (std::uint64_t& count : counts) count <<= 40;
  check_against_textbook(counts, 0.0F, 1.0F, 0, 128);
}

TEST_CASE("one bin for each level and nothing clipped: Q equals P") {
  const Counts counts = random_counts(128, 3.0, 9);
  CHECK(std::abs(ClippedDistribution({counts, 1.0F, 2.0F}).divergence(128)) < 1e-12);
}

TEST_CASE("the bin of zero is kept, and counts no more than its neighbours") {
  Counts counts(16, 3);
  counts[5] = 1000;
  ClippedDistribution distribution({counts, -5.5F, 10.5F});
  CHECK(std::abs(distribution.divergence(4)) < 1e-12);
  while (distribution.kept().size() > 1) distribution.narrow();
  CHECK(distribution.kept().first == 5);
}

TEST_CASE("where all values are on one side of zero, the end nearest to zero stays") {
  const Counts counts(16, 3);
  ClippedDistribution positive({counts, 1.0F, 2.0F});
  ClippedDistribution negative({counts, -2.0F, -1.0F});
  positive.narrow();
  negative.narrow();
  CHECK(positive.kept().last == 15);
  CHECK(negative.kept().first == 1);
}

TEST_CASE("without values the divergence is infinite") {
  const Counts counts(16, 0);
  CHECK(ClippedDistribution({counts, 0.0F, 1.0F}).divergence(4) ==
        std::numeric_limits<double>::infinity());
}

TEST_CASE("the logarithm is right to 1e-10") {
  for (double x = 1e-12; x < 1e20; x *= 1.0037) {
    CAPTURE(x);
    CHECK(std::abs(logarithm(x) - std::log(x)) < 1e-10);
  }
  CHECK(logarithm(1.0) == 0.0);
}

}  // namespace
}  // namespace octavo::calib
