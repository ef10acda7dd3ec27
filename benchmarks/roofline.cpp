#include "benchmarks/roofline.hpp"

#include <algorithm>
#include <cstddef>
#include <iostream>
#include <string>
#include <utility>

#include <benchmark/benchmark.h>

#include "benchmarks/measure.hpp"
#include "benchmarks/suite.hpp"
#include "kernels/cpu.hpp"

namespace octavo::bench {
namespace {

constexpr std::size_t kRounds = 10000;
constexpr std::size_t kMegabyte = std::size_t{1} << 20U;

void read_level(benchmark::State& state, const Probes& probes, std::size_t bytes) {
  const kernels::AlignedBuffer<std::byte> buffer(bytes);
  const std::size_t times = std::max<std::size_t>(4 * kMegabyte / bytes, 1);
  measure_runs(state, 0.0, static_cast<double>(times * bytes), [&] {
    return seconds([&] {
      for (std::size_t i = 0; i < times; ++i) probes.read(buffer.data(), bytes);
    });
  });
}

void register_probes(const std::string& isa, const Probes& probes) {
  const std::string prefix = "roofline/" + isa + "/";
  for (const InstructionMix& mix : {probes.float_fma, probes.int8_chain4, probes.int16}) {
    const auto row = [mix](benchmark::State& state) {
      measure_runs(state, mix.mac * kRounds, 0.0,
                   [&] { return seconds([&] { mix.run(kRounds); }); });
    };
    benchmark::RegisterBenchmark((prefix + mix.name).c_str(), row)->UseManualTime();
  }
  // Well within the level on any machine with AVX2, the last well beyond.
  for (const auto& [level, bytes] : {std::pair<const char*, std::size_t>{"L1", kMegabyte / 64},
                                     {"L2", kMegabyte / 8},
                                     {"L3", 4 * kMegabyte},
                                     {"memory", 256 * kMegabyte}}) {
    const auto row = [&probes, bytes = bytes](benchmark::State& state) {
      read_level(state, probes, bytes);
    };
    benchmark::RegisterBenchmark((prefix + "read_" + level).c_str(), row)->UseManualTime();
  }
}

}  // namespace

void register_roofline() {
#if defined(__x86_64__)
  const kernels::CpuFeatures cpu = kernels::detect_cpu_features();
  if (cpu.avx2 && cpu.fma) {
    register_probes("avx2", avx2_probes);
    return;
  }
#endif
  std::cerr << "no roofline: this CPU has no AVX2\n";
}

}  // namespace octavo::bench
