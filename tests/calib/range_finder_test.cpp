#include "calib/range_finder.hpp"

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/error.hpp"

#include "tests/calib/statistics.hpp"

namespace octavo::calib {
namespace {

/// Records what it is shown and answers with `answer`.
class Recorder final : public RangeEstimator {
 public:
  explicit Recorder(StatisticsRequest wanted) : request(wanted) {}

  [[nodiscard]] StatisticsRequest needs(Scheme) const override {
    ++asked;
    return request;
  }

  [[nodiscard]] Range estimate(const ActivationStatistics& statistics,
                               const Range* previous) const override {
    seen = statistics;
    seen_previous = previous;
    listed.assign(statistics.values.begin(), statistics.values.end());
    counts.assign(statistics.histogram.counts.begin(), statistics.histogram.counts.end());
    return answer;
  }

  StatisticsRequest request;
  Range answer{-1.0F, 1.0F};
  mutable int asked = 0;
  mutable ActivationStatistics seen;
  mutable const Range* seen_previous = nullptr;
  mutable test::Counts counts;
  mutable std::vector<float> listed;
};

std::shared_ptr<Recorder> recorder(StatisticsRequest request) {
  return std::make_shared<Recorder>(request);
}

constexpr std::size_t kSampleSize = RangeFinder::kSampleRuns * 512;

std::shared_ptr<Recorder> histogram_recorder(std::size_t bins, HistogramDomain domain,
                                             std::size_t sample_size = kSampleSize) {
  return recorder({.histogram_bins = bins, .histogram_domain = domain, .sample_size = sample_size});
}

std::uint64_t total(const test::Counts& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

void check_refused(std::shared_ptr<const RangeEstimator> estimator, std::string_view part) {
  try {
    const RangeFinder finder(std::move(estimator), Scheme::symmetric, 0);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::invalid_argument);
    CHECK(std::string(error.what()).find(part) != std::string::npos);
  }
}

TEST_CASE("needs are asked for once, and checked") {
  const auto estimator = histogram_recorder(kMaxHistogramBins, HistogramDomain::values);
  const RangeFinder finder(estimator, Scheme::asymmetric, 0);
  CHECK(estimator->asked == 1);
  CHECK(finder.workspace_bytes() == kMaxHistogramBins * 8 + kSampleSize * 4);
  CHECK(RangeFinder(recorder({}), Scheme::symmetric, 0).workspace_bytes() == 0);
  check_refused(histogram_recorder(kMaxHistogramBins + 1, HistogramDomain::values), "8193");
  check_refused(recorder({.sample_size = kMaxSampleSize + 1}), "1048577");
  check_refused(nullptr, "null");
}

TEST_CASE("scheme, extrema and previous range are passed on") {
  const auto estimator = recorder({});
  const std::vector<float> x{3.0F, -2.0F, 1.0F};
  const Range previous{-7.0F, 7.0F};
  test::check_range(test::find_range(estimator, Scheme::asymmetric, x, &previous), -1.0F, 1.0F);
  CHECK(estimator->seen.scheme == Scheme::asymmetric);
  test::check_range(estimator->seen.extrema, -2.0F, 3.0F);
  CHECK(estimator->seen_previous == &previous);
  CHECK(estimator->counts.empty());
}

TEST_CASE("an empty activation has an empty range, and the estimator is not asked") {
  const auto estimator = recorder({.moments = true, .histogram_bins = 4});
  const RangeFinder finder(estimator, Scheme::symmetric, 0);
  std::vector<std::uint64_t> workspace(finder.workspace_bytes() / 8 + 1);
  test::check_range(finder.find(kernels::select_kernels("reference"), {}, kernels::Extrema{},
                                nullptr, std::as_writable_bytes(std::span(workspace))),
                    0.0F, 0.0F);
  CHECK(estimator->seen_previous == nullptr);
  CHECK(estimator->counts.empty());
}

TEST_CASE("moments are mean, mean magnitude and population variance") {
  const auto estimator = recorder({.moments = true});
  const std::vector<float> x{-1.0F, 2.0F, 3.0F, -4.0F};
  test::find_range(estimator, Scheme::symmetric, x);
  CHECK(estimator->seen.moments.mean == 0.0);
  CHECK(estimator->seen.moments.mean_magnitude == 2.5);
  CHECK(estimator->seen.moments.mean_deviation == 2.5);
  CHECK(estimator->seen.moments.variance == 7.5);

  const std::vector<float> equal(7, 0.1F);
  test::find_range(estimator, Scheme::symmetric, equal);
  CHECK(estimator->seen.moments.variance >= 0.0);
  CHECK(estimator->seen.moments.variance < 1e-15);
}

TEST_CASE("a histogram of values spans the extrema") {
  const auto estimator = histogram_recorder(4, HistogramDomain::values);
  const std::vector<float> x{-2.0F, -1.0F, -0.5F, 0.0F, 0.5F, 1.5F, 2.0F, 2.0F};
  for (int run = 0; run < 2; ++run) {
    test::find_range(estimator, Scheme::symmetric, x);
    CHECK(estimator->counts == test::Counts{1, 2, 2, 3});
    CHECK(estimator->seen.histogram.low == -2.0F);
    CHECK(estimator->seen.histogram.high == 2.0F);
  }
}

TEST_CASE("a histogram of magnitudes spans zero to the largest") {
  const auto estimator = histogram_recorder(4, HistogramDomain::magnitudes);
  test::find_range(estimator, Scheme::symmetric,
                   std::vector<float>{-4.0F, -0.5F, 0.0F, 1.0F, 3.5F});
  CHECK(estimator->counts == test::Counts{2, 1, 0, 2});
  CHECK(estimator->seen.histogram.low == 0.0F);
  CHECK(estimator->seen.histogram.high == 4.0F);
}

TEST_CASE("values without extent, or with next to none, are counted") {
  constexpr float kTiny = std::numeric_limits<float>::denorm_min();
  for (const HistogramDomain domain : {HistogramDomain::values, HistogramDomain::magnitudes}) {
    const auto estimator = histogram_recorder(kMaxHistogramBins, domain);
    for (const std::vector<float>& x :
         {std::vector<float>{0.0F, 0.0F}, std::vector<float>{5.0F, 5.0F},
          std::vector<float>{-5.0F, -5.0F}, std::vector<float>{kTiny, kTiny},
          std::vector<float>{-kTiny, kTiny}, std::vector<float>{0.0F, 1e-38F},
          std::vector<float>{1.0F, 1.0F + std::numeric_limits<float>::epsilon()}}) {
      test::find_range(estimator, Scheme::symmetric, x);
      CHECK(total(estimator->counts) == 2);
      CHECK(estimator->seen.histogram.low <= estimator->seen.histogram.high);
    }
  }
}

TEST_CASE("extents that overflow keep the extrema where a histogram is wanted") {
  constexpr float kLargest = std::numeric_limits<float>::max();
  const std::vector<float> x{-kLargest, 1.0F, kLargest};
  const auto values = histogram_recorder(4, HistogramDomain::values);
  test::check_range(test::find_range(values, Scheme::symmetric, x), -kLargest, kLargest);
  const auto magnitudes = histogram_recorder(4, HistogramDomain::magnitudes);
  test::check_range(test::find_range(magnitudes, Scheme::symmetric, x), -1.0F, 1.0F);
  CHECK(magnitudes->counts == test::Counts{1, 0, 0, 2});
  const auto moments = recorder({.moments = true});
  test::check_range(test::find_range(moments, Scheme::symmetric, x), -1.0F, 1.0F);
}

/// The message of the Error{estimator_failed} that finding a range for a few values causes.
std::string failure_of(const std::shared_ptr<const RangeEstimator>& estimator) {
  try {
    test::find_range(estimator, Scheme::symmetric, std::vector<float>{-2.0F, 3.0F});
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::estimator_failed);
    return error.what();
  }
  return "no error";
}

/// Throws what `raise` throws, from either function.
class Thrower final : public RangeEstimator {
 public:
  explicit Thrower(void (*raise)(), bool in_needs = false) : raise_(raise), in_needs_(in_needs) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "thrower"; }
  [[nodiscard]] StatisticsRequest needs(Scheme) const override {
    if (in_needs_) raise_();
    return {};
  }
  [[nodiscard]] Range estimate(const ActivationStatistics& statistics,
                               const Range*) const override {
    raise_();
    return statistics.extrema;
  }

 private:
  void (*raise_)();
  bool in_needs_;
};

TEST_CASE("an estimator that throws is an error with its name and what it threw") {
  const auto raise = [] { throw std::out_of_range("no such bin"); };
  CHECK(failure_of(std::make_shared<Thrower>(raise)) ==
        "range estimator 'thrower' threw: no such bin");
  CHECK(failure_of(std::make_shared<Thrower>([] { throw 1; })) ==
        "range estimator 'thrower' threw something that is no std::exception");
  CHECK(failure_of(std::make_shared<Thrower>(raise, true)) ==
        "range estimator 'thrower' threw: no such bin");
}

TEST_CASE("an answer that is no finite interval is an error") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  const auto estimator = recorder({});
  const std::vector<float> x{-2.0F, 3.0F};
  for (const Range answer : {Range{kNaN, 1.0F}, Range{0.0F, kNaN}, Range{-kInfinity, 0.0F},
                             Range{0.0F, kInfinity}, Range{1.0F, 0.5F}}) {
    estimator->answer = answer;
    CHECK(failure_of(estimator).find("'custom' answered [") != std::string::npos);
  }
  estimator->answer = {1.0F, 0.5F};
  CHECK(failure_of(estimator) ==
        "range estimator 'custom' answered [1, 0.5]; expected finite ends in order");
  estimator->answer = {-100.0F, 100.0F};
  test::check_range(test::find_range(estimator, Scheme::symmetric, x), -100.0F, 100.0F);
}

/// How often each of `groups` channels (element index modulo groups) is in the sample of n
/// elements.
test::Counts channels_sampled(std::size_t n, std::size_t groups,
                              std::size_t sample_size = kSampleSize) {
  std::vector<float> x(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = static_cast<float>(i % groups);
  const auto estimator = histogram_recorder(groups, HistogramDomain::values, sample_size);
  // Extrema that make bins of width 1.
  const RangeFinder finder(estimator, Scheme::asymmetric, 0);
  std::vector<std::uint64_t> workspace(finder.workspace_bytes() / 8 + 1);
  const kernels::Extrema extrema{0.0F, static_cast<float>(groups), true};
  static_cast<void>(finder.find(kernels::select_kernels("reference"), x, extrema, nullptr,
                                std::as_writable_bytes(std::span(workspace))));
  return estimator->counts;
}

TEST_CASE("up to the sample size all elements are counted, of more as many or a few less") {
  constexpr std::size_t kSize = kSampleSize;
  for (const std::size_t n : {std::size_t{1}, kSize - 1, kSize}) {
    CHECK(total(channels_sampled(n, 4)) == n);
  }
  for (const std::size_t n : {kSize + 1, 2 * kSize, 16 * kSize + 5}) {
    CHECK(total(channels_sampled(n, 4)) == kSize);
    CHECK(total(channels_sampled(n, 4, kSize + 126)) == (n == kSize + 1 ? n : kSize));
    // The bin of the largest value counts at least one.
    const std::uint64_t fewest = total(channels_sampled(n, 4, 1));
    CHECK(fewest >= RangeFinder::kSampleRuns);
    CHECK(fewest <= RangeFinder::kSampleRuns + 1);
    CHECK(total(channels_sampled(n, 4, 0)) == n);
  }
  CHECK(total(channels_sampled(126, 4, 1)) == 126);
}

TEST_CASE("moments describe the same sample, or all elements") {
  std::vector<float> x(100'000, 1.0F);
  std::fill_n(x.begin(), 1000, -1000.0F);
  const auto sampled = recorder({.moments = true, .sample_size = RangeFinder::kSampleRuns});
  test::find_range(sampled, Scheme::symmetric, x);
  CHECK(sampled->seen.moments.mean == doctest::Approx((125.0 - 2000.0) / 127.0));
  const auto exact = recorder({.moments = true, .sample_size = 0});
  test::find_range(exact, Scheme::symmetric, x);
  CHECK(exact->seen.moments.mean == doctest::Approx(-9.01));
  CHECK(exact->seen.moments.mean_deviation == doctest::Approx(2.0 * 0.99 * 10.01));
}

TEST_CASE("few values are listed instead of a histogram, on request") {
  for (const std::size_t sample : {std::size_t{0}, kSampleSize, std::size_t{127}}) {
    const auto estimator = recorder({.histogram_bins = 4, .values = true, .sample_size = sample});
    const std::vector<float> few{3.0F, -2.0F, 1.0F};
    test::find_range(estimator, Scheme::symmetric, few);
    CHECK(estimator->listed == few);
    CHECK(estimator->counts.empty());
    std::vector<float> many(kMaxListedValues + 1, 0.0F);
    many[1] = 1.0F;
    test::find_range(estimator, Scheme::symmetric, many);
    CHECK(estimator->listed.size() == (sample == 127 ? 129 : 0));
    CHECK(total(estimator->counts) == (sample == 127 ? 0 : many.size()));
    many.pop_back();
    test::find_range(estimator, Scheme::symmetric, many);
    CHECK(estimator->listed.size() == (sample == 127 ? 129 : many.size()));
  }
}

TEST_CASE("the extrema are in the statistics of a sample that misses them") {
  std::vector<float> x = test::normal_values(100'000, 0.0F, 1.0F, 4);
  x[99'990] = 50.0F;
  x[99'991] = -40.0F;
  const auto listing = recorder({.histogram_bins = 4, .values = true, .sample_size = 127});
  test::find_range(listing, Scheme::asymmetric, x);
  REQUIRE(listing->listed.size() == 129);
  CHECK(std::ranges::max(listing->listed) == 50.0F);
  CHECK(std::ranges::min(listing->listed) == -40.0F);
  const auto values = histogram_recorder(90, HistogramDomain::values, 127);
  test::find_range(values, Scheme::asymmetric, x);
  CHECK(total(values->counts) == 129);
  CHECK(values->counts.front() == 1);
  CHECK(values->counts.back() == 1);
  const auto magnitudes = histogram_recorder(90, HistogramDomain::magnitudes, 127);
  test::find_range(magnitudes, Scheme::asymmetric, x);
  CHECK(total(magnitudes->counts) == 128);
  CHECK(magnitudes->counts.back() == 1);
  // One that has them counts no more.
  const auto zeros = histogram_recorder(2, HistogramDomain::values, 127);
  test::find_range(zeros, Scheme::asymmetric, std::vector<float>(1000, 0.0F));
  CHECK(total(zeros->counts) == 128);
}

/// How many of 10^6 values an automatic sample holds, and its bins.
struct Automatic {
  std::size_t values;
  std::size_t bins;
};
Automatic automatic_for(std::uint64_t macs, std::size_t values_per_bin) {
  const auto estimator = recorder({.histogram_bins = 2048, .values_per_bin = values_per_bin});
  const RangeFinder finder(estimator, Scheme::asymmetric, macs);
  std::vector<std::uint64_t> workspace(finder.workspace_bytes() / 8 + 1);
  std::vector<float> x(1'000'000);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i);
  static_cast<void>(finder.find(kernels::select_kernels("reference"), x, test::extrema_of(x),
                                nullptr, std::as_writable_bytes(std::span(workspace))));
  return {total(estimator->counts), estimator->counts.size()};
}

TEST_CASE("an automatic sample grows with the work of the layer, and its bins with it") {
  constexpr std::uint64_t kBlock = std::uint64_t{1} << 19U;
  for (const auto& [macs, values] : std::initializer_list<std::pair<std::uint64_t, std::size_t>>{
           {0, 508},
           {kBlock, 508},
           {2 * kBlock - 1, 508},
           {2 * kBlock, 1016},
           {10 * kBlock, 5080},
           {32 * kBlock, 16256},
           {1000 * kBlock, 16256},
           {std::numeric_limits<std::uint64_t>::max(), 16256}}) {
    CAPTURE(macs);
    // The bin of the largest value counts at least one.
    CHECK(automatic_for(macs, 4).values >= values);
    CHECK(automatic_for(macs, 4).values <= values + 1);
    CHECK(automatic_for(macs, 4).bins == std::min<std::size_t>(values / 4, 2048));
    CHECK(automatic_for(macs, 16).bins == values / 16);
    CHECK(automatic_for(macs, 0).bins == std::min<std::size_t>(values, 2048));
    CHECK(automatic_for(macs, 100'000).bins == 1);
  }
  const auto estimator = recorder({.histogram_bins = 2048});
  test::find_range(estimator, Scheme::asymmetric, std::vector<float>{1.0F, 2.0F, 3.0F});
  CHECK(total(estimator->counts) == 3);
  CHECK(estimator->counts.size() == 127);
}

TEST_CASE("the sample spans the activation") {
  std::vector<float> x(1'000'000, 0.5F);
  std::fill_n(x.begin(), 100, 0.0F);
  std::fill_n(x.end() - 8000, 8000, 1.0F);
  const auto estimator = histogram_recorder(4, HistogramDomain::values);
  test::find_range(estimator, Scheme::symmetric, x);
  CHECK(estimator->counts[0] == 100);
  CHECK(estimator->counts[3] > 0);
}

TEST_CASE("the sample does not favour some channels, whatever their number") {
  for (const std::size_t channels :
       std::initializer_list<std::size_t>{3, 16, 64, 96, 512, 576, 1000, 1024, 2048}) {
    for (const std::size_t pixels :
         std::initializer_list<std::size_t>{14 * 14, 28 * 28, 56 * 56, 127 * 8, 1024}) {
      const std::size_t n = channels * pixels;
      if (n <= kSampleSize || n > 4'000'000) continue;
      CAPTURE(channels);
      CAPTURE(pixels);
      const test::Counts counts = channels_sampled(n, channels);
      const auto [least, most] = std::ranges::minmax(counts);
      const bool phases_differ = pixels % RangeFinder::kSampleRuns != 0;
      if (phases_differ || channels <= 512) CHECK(least > 0);
      if (phases_differ) CHECK(most - least <= 4);
    }
  }
}

}  // namespace
}  // namespace octavo::calib
