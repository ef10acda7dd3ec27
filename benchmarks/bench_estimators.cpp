// Range estimators: their search against the textbook version that the tests compare with, what
// finding a range costs with its statistics, and what that adds to the int8 run of real models
// (counter `ratio`: the median of a run with the estimator over one with `max`, taking turns, then
// the median over several sessions).
//   search/<estimator>/<scheme>           on the statistics that it asks for, of many values
//   textbook/<estimator>                  on as many values and bins
//   find/<estimator>/<scheme>/<size>M     for a layer of that many million multiply-accumulates
//   model/<model>/<estimator>/<scheme>
//   model/<model>/static/<scheme>         static ranges of the same input instead of an estimator
#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "octavo/octavo.hpp"

#include "benchmarks/measure.hpp"
#include "calib/range_finder.hpp"
#include "kernels/dispatch.hpp"
#include "tests/calib/textbook.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/real_models.hpp"

namespace octavo::bench {
namespace {

constexpr std::size_t kValues = 65024;

/// Normally distributed values of one or both signs.
std::vector<float> normal_values(std::size_t n, bool both_signs) {
  std::mt19937 random(1);
  std::normal_distribution<float> distribution;
  std::vector<float> x(n);
  for (float& value : x) {
    value = distribution(random);
    if (!both_signs) value = std::abs(value);
  }
  return x;
}

/// Answers with a fixed range and keeps what it was shown.
class Recorder final : public RangeEstimator {
 public:
  explicit Recorder(StatisticsRequest request) : request_(request) {}
  [[nodiscard]] StatisticsRequest needs(Scheme) const override { return request_; }
  [[nodiscard]] Range estimate(const ActivationStatistics& statistics,
                               const Range*) const override {
    seen = statistics;
    return {};
  }
  mutable ActivationStatistics seen;

 private:
  StatisticsRequest request_;
};

/// A finder with its workspace.
struct Finder {
  Finder(std::shared_ptr<const RangeEstimator> estimator, Scheme scheme, std::uint64_t macs)
      : finder(std::move(estimator), scheme, macs), workspace(finder.workspace_bytes() + 8) {}
  Range find(const std::vector<float>& x) {
    const kernels::KernelTable& kernels = kernels::select_kernels("");
    return finder.find(kernels, x, extrema, nullptr, {workspace.data(), workspace.bytes()});
  }
  calib::RangeFinder finder;
  kernels::AlignedBuffer<std::byte> workspace;
  kernels::Extrema extrema;
};

void find(benchmark::State& state, const std::string& spec, Scheme scheme, std::uint64_t macs) {
  const std::vector<float> x = normal_values(kValues, true);
  Finder finder(make_estimator(spec), scheme, macs);
  finder.extrema = kernels::select_kernels("").extrema(x.data(), x.size());
  measure(state, 0.0, 0.0, [&] { benchmark::DoNotOptimize(finder.find(x)); });
}

void search(benchmark::State& state, const std::string& spec, Scheme scheme) {
  const std::vector<float> x = normal_values(kValues, true);
  const auto estimator = make_estimator(spec);
  StatisticsRequest request = estimator->needs(scheme);
  request.sample_size = 0;
  const auto recorder = std::make_shared<Recorder>(request);
  Finder finder(recorder, scheme, 0);
  finder.extrema = kernels::select_kernels("").extrema(x.data(), x.size());
  finder.find(x);
  measure(state, 0.0, 0.0,
          [&] { benchmark::DoNotOptimize(estimator->estimate(recorder->seen, nullptr)); });
}

/// Counts of magnitudes in bins of width 1.
std::vector<std::uint64_t> magnitude_counts(std::size_t bins) {
  const std::vector<float> x = normal_values(2032, false);
  const float largest = std::ranges::max(x);
  std::vector<std::uint64_t> counts(bins);
  for (const float value : x) {
    ++counts[std::min(static_cast<std::size_t>(value / largest * static_cast<float>(bins)),
                      bins - 1)];
  }
  return counts;
}

template <class Body>
void register_textbook(const char* name, Body body) {
  benchmark::RegisterBenchmark((std::string("textbook/") + name).c_str(), [body](benchmark::State&
                                                                                     state) {
    measure(state, 0.0, 0.0, [&] { benchmark::DoNotOptimize(body()); });
  })->Unit(benchmark::kMicrosecond);
}

void register_textbooks() {
  const auto x = normal_values(2032, true);
  register_textbook("histogram", [counts = magnitude_counts(1024)] {
    return test::textbook_coverage(counts, 0.9999);
  });
  register_textbook("entropy", [counts = magnitude_counts(2048)] {
    return test::textbook_entropy(counts, 128, 16);
  });
  register_textbook("percentile", [=] { return test::textbook_percentile(x, 99.99); });
  register_textbook(
      "mse", [counts = magnitude_counts(512)] { return test::textbook_mse(counts, 0, 127.0, 1); });
  register_textbook("aciq", [=] { return test::textbook_scale(x); });
}

double median(std::vector<double> samples) {
  std::ranges::sort(samples);
  return samples[samples.size() / 2];
}

/// The model with the static ranges that `max` finds for a set.
Model calibrated(const Model& loaded, const test::StoredSet& set, Scheme scheme) {
  RangeCalibration calibration(loaded, {.scheme = scheme, .shapes = test::shapes_of(loaded, set)});
  test::write_inputs(calibration.session(), set);
  calibration.run();
  return loaded.with_range_settings({.ranges = calibration.ranges()});
}

/// Every iteration plans both sessions anew, each first in turn: where their memory lies can make
/// one of them up to twice as slow.
void model(benchmark::State& state, const Model& loaded, const test::StoredSet& set,
           const std::string& spec, Scheme scheme) {
  constexpr int kRuns = 16;
  const Model other = spec == "static" ? calibrated(loaded, set, scheme) : loaded;
  const auto session_with = [&](const std::string& estimator) {
    auto session = std::make_unique<Session>(
        estimator == "static" ? other : loaded,
        SessionOptions{.precision = Precision::int8,
                       .scheme = scheme,
                       .estimator = make_estimator(estimator == "static" ? "max" : estimator),
                       .shapes = test::shapes_of(loaded, set)});
    test::write_inputs(*session, set);
    session->run();
    return session;
  };
  std::vector<double> ratios;
  for (auto _ : state) {
    std::unique_ptr<Session> plain;
    if (ratios.size() % 2 == 0) plain = session_with("max");
    const auto session = session_with(spec);
    if (plain == nullptr) plain = session_with("max");
    std::vector<double> pairs;
    std::vector<double> times;
    for (int run = 0; run < kRuns; ++run) {
      // Who comes second finds caches and clock as the other one left them.
      double without = 0.0;
      if (run % 2 == 0) without = seconds([&] { plain->run(); });
      times.push_back(seconds([&] { session->run(); }));
      if (run % 2 == 1) without = seconds([&] { plain->run(); });
      pairs.push_back(times.back() / without);
    }
    ratios.push_back(median(pairs));
    state.SetIterationTime(median(times));
  }
  state.counters["ratio"] = median(ratios);
}

constexpr std::pair<const char*, Scheme> kSchemes[] = {{"symmetric", Scheme::symmetric},
                                                       {"asymmetric", Scheme::asymmetric}};

void register_models() {
  const auto data = test::data_folder();
  if (!data) return;
  for (const char* name : {"mobilenet_v1_025_128", "ultraface_rfb320"}) {
    const auto folder = *data / "models" / name;
    const Model loaded = Model::load(folder / "model.onnx");
    const auto sets = test::stored_sets(folder);
    std::vector<std::string> rows = estimator_names();
    rows.emplace_back("static");
    for (const std::string& estimator : rows) {
      for (const auto& [scheme_name, scheme] : kSchemes) {
        const std::string row = std::string("model/") + name + "/" + estimator + "/" + scheme_name;
        benchmark::RegisterBenchmark(row.c_str(),
                                     [=, scheme = scheme](benchmark::State& state) {
                                       model(state, loaded, sets[0], estimator, scheme);
                                     })
            ->UseManualTime()
            ->Iterations(9)
            ->Unit(benchmark::kMicrosecond);
      }
    }
  }
}

void register_estimators() {
  for (const std::string& name : estimator_names()) {
    for (const auto& [scheme_name, scheme] : kSchemes) {
      const std::string row = name + "/" + scheme_name;
      benchmark::RegisterBenchmark(("search/" + row).c_str(), [=, scheme = scheme](
                                                                  benchmark::State& state) {
        search(state, name, scheme);
      })->Unit(benchmark::kMicrosecond);
      for (const std::uint64_t millions : {1U, 16U}) {
        benchmark::RegisterBenchmark(("find/" + row + "/" + std::to_string(millions) + "M").c_str(),
                                     [=, scheme = scheme](benchmark::State& state) {
                                       find(state, name, scheme, millions << 20U);
                                     })
            ->Unit(benchmark::kMicrosecond);
      }
    }
  }
}

}  // namespace
}  // namespace octavo::bench

int main(int argc, char** argv) {
  octavo::bench::register_estimators();
  octavo::bench::register_textbooks();
  octavo::bench::register_models();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
