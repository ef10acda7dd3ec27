#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <benchmark/benchmark.h>

#include "octavo/graph.hpp"
#include "octavo/session.hpp"

#include "tools/builtin_models.hpp"
#include "tools/measure.hpp"

// The built models end to end: float32 against int8, batch 1 and 8, 1 and 2 threads; and what a
// step costs besides its kernel, by a chain of steps that have next to nothing to do.

namespace octavo {
namespace {

struct Case {
  tools::BuiltinModel model;
  Precision precision;
  std::int64_t batch;
  std::size_t threads;

  [[nodiscard]] std::string name() const {
    return std::string(model.name) + (precision == Precision::int8 ? "/int8" : "/float32") +
           "/batch:" + std::to_string(batch) + "/threads:" + std::to_string(threads);
  }
};

/// The session of a case. Google Benchmark calls a benchmark several times, so the last session is
/// kept, and so are the models, whose weights take time to make.
Session& session_of(const Case& wanted) {
  static std::map<std::string_view, Model> models;
  static std::string planned;
  static std::unique_ptr<Session> session;
  if (planned != wanted.name()) {
    const auto found = models.find(wanted.model.name);
    const Model model = found != models.end()
                            ? found->second
                            : models.emplace(wanted.model.name, wanted.model.make()).first->second;
    const TensorInfo& input = model.inputs()[0];
    Shape shape = input.shape;
    shape[0] = wanted.batch;
    session.reset();
    session = std::make_unique<Session>(model, SessionOptions{.precision = wanted.precision,
                                                              .shapes = {{input.name, shape}},
                                                              .threads = wanted.threads});
    tools::fill_inputs(*session, 1);
    planned = wanted.name();
  }
  return *session;
}

void run_case(benchmark::State& state, const Case& benchmarked) {
  Session& session = session_of(benchmarked);
  for (auto _ : state) session.run();
  double macs = 0;
  for (const LayerInfo& layer : session.layers()) macs += static_cast<double>(layer.macs);
  state.counters["GMAC/s"] =
      benchmark::Counter(macs * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

constexpr std::size_t kChainLength = 100;

/// Neg of one element, many times.
Model make_chain() {
  GraphBuilder graph("chain");
  auto value = graph.input("x", DataType::float32, {1});
  for (std::size_t i = 0; i < kChainLength; ++i) value = graph.node("Neg", {value});
  graph.output(value, "y");
  return std::move(graph).build();
}

void run_chain(benchmark::State& state) {
  Session session(make_chain());
  if (session.layers().size() != kChainLength) state.SkipWithError("steps were removed");
  for (auto _ : state) session.run();
  state.counters["s/step"] = benchmark::Counter(
      kChainLength, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void register_cases() {
  benchmark::RegisterBenchmark("overhead/nodes:100", run_chain);
  for (const tools::BuiltinModel& model : tools::builtin_models()) {
    for (const std::int64_t batch : {1, 8}) {
      for (const std::size_t threads : {1U, 2U}) {
        for (const Precision precision : {Precision::float32, Precision::int8}) {
          const Case one{model, precision, batch, threads};
          const auto run = [one](benchmark::State& state) { run_case(state, one); };
          benchmark::RegisterBenchmark(one.name().c_str(), run)
              ->UseRealTime()
              ->Unit(benchmark::kMicrosecond);
        }
      }
    }
  }
}

}  // namespace
}  // namespace octavo

int main(int argc, char** argv) {
  octavo::register_cases();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
