#include <cmath>
#include <limits>

#include "tests/kernels/fixtures.hpp"

using namespace octavo::kernels;
using octavo::test::for_each_isa;
using octavo::test::Input;
using octavo::test::Random;
using octavo::test::reference;

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

Input<float> random_values(std::size_t n, std::uint64_t seed) {
  Random random(seed);
  Input<float> x(n);
  for (float& v : x) v = random.normal();
  return x;
}

}  // namespace

TEST_CASE("extrema: every length") {
  for (std::size_t n = 0; n <= 150; ++n) {
    CAPTURE(n);
    const Input<float> x = random_values(n, n);
    const Extrema expected = reference().extrema(x.data(), n);
    for_each_isa([&](const KernelTable& table) {
      const Extrema found = table.extrema(x.data(), n);
      CHECK(found.low == expected.low);
      CHECK(found.high == expected.high);
      CHECK(found.finite);
    });
  }
  for_each_isa([](const KernelTable& table) {
    CHECK(table.extrema(nullptr, 0).low == kInf);
    CHECK(table.extrema(nullptr, 0).high == -kInf);
  });
}

TEST_CASE("extrema: a value that is not finite, anywhere") {
  for (const std::size_t n : {1U, 5U, 32U, 77U}) {
    for (const float bad : {kNaN, kInf, -kInf, -kNaN}) {
      for (std::size_t at = 0; at < n; ++at) {
        Input<float> x = random_values(n, 1);
        x[at] = bad;
        for_each_isa(
            [&](const KernelTable& table) { CHECK_FALSE(table.extrema(x.data(), n).finite); });
      }
    }
  }
}

TEST_CASE("extrema: the largest and smallest numbers are finite") {
  constexpr float kMax = std::numeric_limits<float>::max();
  Input<float> x(40);
  for (float& v : x) v = 0.0F;
  x[3] = kMax;
  x[39] = -kMax;
  x[20] = std::numeric_limits<float>::denorm_min();
  for_each_isa([&](const KernelTable& table) {
    const Extrema found = table.extrema(x.data(), x.size());
    CHECK(found.finite);
    CHECK(found.high == kMax);
    CHECK(found.low == -kMax);
  });
}

TEST_CASE("moments: the bits of the reference, every length") {
  for (std::size_t n = 0; n <= 100; ++n) {
    CAPTURE(n);
    const Input<float> x = random_values(n, n);
    const MomentSums expected = reference().moments(x.data(), n);
    for_each_isa([&](const KernelTable& table) {
      const MomentSums found = table.moments(x.data(), n);
      CHECK(found.sum == expected.sum);
      CHECK(found.sum_magnitudes == expected.sum_magnitudes);
      CHECK(found.sum_squares == expected.sum_squares);
    });
  }
}

TEST_CASE("moments: by hand, and with large squares") {
  Input<float> x(4);
  x[0] = 1.0F;
  x[1] = -2.0F;
  x[2] = 3.0F;
  x[3] = -4e30F;
  for_each_isa([&](const KernelTable& table) {
    const MomentSums three = table.moments(x.data(), 3);
    CHECK(three.sum == 2.0);
    CHECK(three.sum_magnitudes == 6.0);
    CHECK(three.sum_squares == 14.0);
    CHECK(table.moments(x.data(), 4).sum_squares == doctest::Approx(1.6e61));
  });
}

TEST_CASE("histogram: the counts of the reference") {
  for (const std::size_t n : {0U, 1U, 31U, 100U, 5000U}) {
    for (const std::size_t bins : {1U, 2U, 100U, 2048U, 4096U}) {
      for (const bool magnitudes : {false, true}) {
        CAPTURE(n);
        CAPTURE(bins);
        const Input<float> x = random_values(n, n);
        const float low = magnitudes ? 0.0F : -2.5F;
        const HistogramBins spec{low, static_cast<float>(bins) / (2.5F - low), bins, magnitudes};
        std::vector<std::uint64_t> expected(bins, 3);
        reference().histogram(x.data(), n, spec, expected.data());
        std::uint64_t total = 0;
        for (const std::uint64_t count : expected) total += count - 3;
        CHECK(total == n);
        for_each_isa([&](const KernelTable& table) {
          std::vector<std::uint64_t> counts(bins, 3);
          table.histogram(x.data(), n, spec, counts.data());
          CHECK(octavo::test::count_different(counts, expected) == 0);
        });
      }
    }
  }
}

TEST_CASE("histogram: edges, and values outside stay inside") {
  const std::vector<float> values = {0.0F, 0.25F, 0.5F, 0.75F, 1.0F, 1e30F, kInf, -1.0F, -kInf};
  Input<float> x(values.size());
  std::copy(values.begin(), values.end(), x.begin());
  for_each_isa([&](const KernelTable& table) {
    std::vector<std::uint64_t> counts(4);
    table.histogram(x.data(), x.size(), {0.0F, 4.0F, 4, false}, counts.data());
    CHECK(counts == std::vector<std::uint64_t>{3, 1, 1, 4});
    // NaN counts somewhere, and writes nowhere else.
    const Input<float> nan = [] {
      Input<float> n(40);
      for (float& v : n) v = kNaN;
      return n;
    }();
    table.histogram(nan.data(), 40, {0.0F, 4.0F, 4, false}, counts.data());
    CHECK(counts[0] + counts[1] + counts[2] + counts[3] == 49);
  });
}

TEST_CASE("histogram: one bin takes all") {
  Input<float> x(300000);
  for (float& v : x) v = 0.0F;
  for_each_isa([&](const KernelTable& table) {
    std::vector<std::uint64_t> counts(2000);
    table.histogram(x.data(), x.size(), {0.0F, 100.0F, 2000, true}, counts.data());
    CHECK(counts[0] == 300000);
  });
}
