#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

#include <benchmark/benchmark.h>

#include "kernels/aligned_buffer.hpp"
#include "tests/support/random.hpp"

namespace octavo::bench {

inline kernels::AlignedBuffer<float> random_floats(std::size_t n) {
  test::Random random(n);
  kernels::AlignedBuffer<float> x(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = random.uniform(-1.0F, 1.0F);
  return x;
}

/// Adds the rates that are not 0, of amounts per iteration.
inline void report_rates(benchmark::State& state, double mac, double bytes) {
  using benchmark::Counter;
  const auto rate = [](double amount) {
    return Counter(amount, Counter::kIsIterationInvariantRate);
  };
  if (mac > 0.0) state.counters["MAC/s"] = rate(mac);
  if (bytes > 0.0) state.counters["B/s"] = rate(bytes);
}

/// Runs `body` and reports the rates that are not 0.
template <class Body>
void measure(benchmark::State& state, double mac, double bytes, Body&& body) {
  for (auto _ : state) {
    body();
    benchmark::ClobberMemory();
  }
  report_rates(state, mac, bytes);
}

/// The seconds that `body` takes.
template <class Body>
double seconds(Body&& body) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  body();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// For rows with manual time: repeats `run`, which returns the seconds that it took, and reports
/// the median and the least of them. Other programs disturb these less than the mean.
template <class Run>
void measure_runs(benchmark::State& state, double mac, double bytes, Run&& run) {
  std::vector<double> times;
  for (auto _ : state) {
    times.push_back(run());
    state.SetIterationTime(times.back());
  }
  std::ranges::sort(times);
  state.counters["median"] = times[times.size() / 2];
  state.counters["best"] = times.front();
  report_rates(state, mac, bytes);
}

}  // namespace octavo::bench
