#include "benchmarks/layer_row.hpp"

#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>

#include <benchmark/benchmark.h>

#include "benchmarks/measure.hpp"
#include "tests/support/metrics.hpp"

namespace octavo::bench {
namespace {

/// Before each measurement, until the caches hold what this row reads instead of the row before.
constexpr double kWarmUpSeconds = 0.01;

/// After two threads have run: the workers of OpenBLAS and OpenMP go on looking for work for up to
/// 30 ms, and would slow down whoever is measured next.
constexpr std::chrono::milliseconds kSettling{40};

/// What float sums in another order, and int8 on normal numbers, must reach.
double required_sqnr(std::string_view precision) {
  return precision == "int8" ? 25.0 : 90.0;
}

std::unique_ptr<Layer> make_checked(const LayerShape& shape, std::string_view precision,
                                    const std::function<std::unique_ptr<Layer>()>& make) {
  std::unique_ptr<Layer> layer = make();
  layer->run();
  const double found = test::sqnr(expected_output(shape), layer->output());
  if (!(found >= required_sqnr(precision))) {
    throw std::runtime_error("wrong result: " + std::to_string(found) +
                             " dB from Octavo's float32");
  }
  return layer;
}

void time_layer(benchmark::State& state, const LayerShape& shape, Layer& layer) {
  double warm_up = layer.run();
  while (warm_up < kWarmUpSeconds) warm_up += layer.run();
  measure_runs(state, shape.mac(), 0.0, [&] { return layer.run(); });
  state.SetLabel(layer.method());
}

}  // namespace

std::vector<std::size_t> thread_counts(const LayerShape& shape) {
  return shape.mac() >= kTwoThreadMac ? std::vector<std::size_t>{1, 2}
                                      : std::vector<std::size_t>{1};
}

void register_layer(const LayerShape& shape, const Contender& contender,
                    std::function<std::unique_ptr<Layer>()> make) {
  const std::string name = "layer/" + shape.name + "/" + std::string(contender.who) + "/" +
                           std::string(contender.precision) + "/t" +
                           std::to_string(contender.threads);
  auto row = [&shape, contender, make = std::move(make),
              layer = std::unique_ptr<Layer>()](benchmark::State& state) mutable {
    try {
      if (layer == nullptr) layer = make_checked(shape, contender.precision, make);
      time_layer(state, shape, *layer);
    } catch (const std::exception& error) {
      state.SkipWithError(error.what());
    }
    if (contender.threads > 1) std::this_thread::sleep_for(kSettling);
  };
  benchmark::RegisterBenchmark(name.c_str(), std::move(row))
      ->UseManualTime()
      ->Unit(benchmark::kMicrosecond);
}

}  // namespace octavo::bench
