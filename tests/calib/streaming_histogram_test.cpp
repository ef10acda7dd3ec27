#include "calib/streaming_histogram.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/error.hpp"

#include "tests/calib/statistics.hpp"

namespace octavo::calib {
namespace {

constexpr HistogramDomain kDomains[] = {HistogramDomain::values, HistogramDomain::magnitudes};
constexpr float kLargest = std::numeric_limits<float>::max();
constexpr float kSmallest = std::numeric_limits<float>::denorm_min();

void check_same(const StreamingHistogram& found, const StreamingHistogram& expected) {
  CHECK(found.total() == expected.total());
  test::check_range(found.extrema(), expected.extrema().low, expected.extrema().high);
  CHECK(found.view().low == expected.view().low);
  CHECK(found.view().high == expected.view().high);
  CHECK(std::ranges::equal(found.view().counts, expected.view().counts));
}

StreamingHistogram histogram_of(const std::vector<float>& x, std::size_t bins,
                                HistogramDomain domain) {
  StreamingHistogram histogram(bins, domain);
  histogram.add(x);
  return histogram;
}

/// Values of many magnitudes, signs and repetitions; the seed chooses the mixture.
std::vector<float> mixed_values(std::mt19937& random) {
  std::vector<float> x(1 + random() % 400);
  const int spread = static_cast<int>(random() % 120);
  const bool positive = random() % 2 == 0;
  const float offset = random() % 3 == 0 ? 1000.0F : 0.0F;
  for (float& value : x) {
    const float unit = static_cast<float>(random() % 4001) / 2000.0F - 1.0F;
    value = std::ldexp(unit, -static_cast<int>(random() % static_cast<unsigned>(spread + 1)));
    value = offset + (positive ? std::abs(value) : value);
  }
  return x;
}

TEST_CASE("streaming histogram: any order, split and merge of the values gives the same counts") {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    CAPTURE(round);
    const HistogramDomain domain = kDomains[round % 2];
    const std::size_t bins = std::size_t{2} << (random() % 8);
    std::vector<float> x = mixed_values(random);
    const StreamingHistogram expected = histogram_of(x, bins, domain);
    std::ranges::shuffle(x, random);
    StreamingHistogram streamed(bins, domain);
    StreamingHistogram other(bins, domain);
    for (std::size_t begin = 0; begin < x.size();) {
      const std::size_t size = std::min<std::size_t>(random() % 50, x.size() - begin);
      (random() % 3 == 0 ? other : streamed).add(std::span(x).subspan(begin, size));
      begin += size;
    }
    streamed.merge(other);
    check_same(streamed, expected);
    StreamingHistogram again(bins, domain);
    again.merge(streamed);
    check_same(again, expected);
  }
}

TEST_CASE("streaming histogram: every value lies between the edges of its bin") {
  std::mt19937 random(2);
  for (int round = 0; round < 100; ++round) {
    const HistogramDomain domain = kDomains[round % 2];
    const std::vector<float> x = mixed_values(random);
    const StreamingHistogram histogram = histogram_of(x, 64, domain);
    const HistogramView view = histogram.view();
    test::Counts counts(view.counts.size());
    for (const float value : x) {
      const double counted = domain == HistogramDomain::magnitudes ? std::abs(value) : value;
      std::size_t bin = 0;
      while (bin + 1 < counts.size() && counted >= view.edge(bin + 1)) ++bin;
      CHECK(counted >= view.edge(bin));
      CHECK(counted < view.edge(bin + 1));
      ++counts[bin];
    }
    CHECK(std::ranges::equal(counts, view.counts));
  }
}

TEST_CASE("streaming histogram: widths are powers of two, and the bins are used") {
  StreamingHistogram histogram(256, HistogramDomain::values);
  for (const float scale : {1e-30F, 1e-10F, 0.3F, 7.0F, 1e10F, 1e30F}) {
    histogram.add(test::normal_values(1000, 0.0F, scale, 3));
    const HistogramView view = histogram.view();
    const double width = (static_cast<double>(view.high) - static_cast<double>(view.low)) /
                         static_cast<double>(view.counts.size());
    int exponent = 0;
    CHECK(std::frexp(width, &exponent) == 0.5);
    CHECK(view.counts.size() > 128);
    CHECK(view.counts.size() <= 256);
  }
  CHECK(histogram.total() == 6000);
}

TEST_CASE("streaming histogram: equal, zero, tiny and huge values") {
  for (const HistogramDomain domain : kDomains) {
    for (const std::vector<float>& x : {std::vector<float>{0.0F, -0.0F},
                                        {5.0F, 5.0F},
                                        {-5.0F, -5.0F},
                                        {kSmallest, -kSmallest},
                                        {kLargest, kLargest},
                                        {-kLargest, kLargest},
                                        {kLargest, -kSmallest},
                                        {-kLargest, 0.0F}}) {
      const StreamingHistogram histogram = histogram_of(x, 16, domain);
      const HistogramView view = histogram.view();
      CHECK(std::accumulate(view.counts.begin(), view.counts.end(), std::uint64_t{0}) == 2);
      CHECK(view.counts.front() + view.counts.back() >= 1);
      CHECK(std::isfinite(view.high));
      CHECK(view.low <= histogram.extrema().low);
      CHECK(view.high >= histogram.extrema().high);
    }
  }
}

TEST_CASE("streaming histogram: nothing counted") {
  StreamingHistogram histogram(16, HistogramDomain::values);
  histogram.add({});
  histogram.merge(StreamingHistogram(16, HistogramDomain::values));
  CHECK(histogram.total() == 0);
  test::check_range(histogram.extrema(), 0.0F, 0.0F);
  CHECK(histogram.view().counts.size() == 1);
  histogram.add(std::vector<float>{100.0F});
  check_same(histogram, histogram_of({100.0F}, 16, HistogramDomain::values));
}

TEST_CASE("streaming histogram: errors leave it as it was") {
  for (const std::size_t bins : {0U, 1U, 3U, 2047U, 16384U}) {
    CHECK_THROWS_AS(StreamingHistogram(bins, HistogramDomain::values), Error);
  }
  StreamingHistogram histogram(16, HistogramDomain::values);
  histogram.add(std::vector<float>{1.0F, 2.0F});
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    CHECK_THROWS_AS(histogram.add(std::vector<float>{100.0F, bad}), Error);
  }
  CHECK_THROWS_AS(histogram.merge(StreamingHistogram(32, HistogramDomain::values)), Error);
  CHECK_THROWS_AS(histogram.merge(StreamingHistogram(16, HistogramDomain::magnitudes)), Error);
  check_same(histogram, histogram_of({1.0F, 2.0F}, 16, HistogramDomain::values));
}

}  // namespace
}  // namespace octavo::calib
