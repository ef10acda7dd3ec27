#include "benchmarks/roofline.hpp"

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

void register_probes(const std::string& isa, const Probes& probes) {
  const std::string prefix = "roofline/" + isa + "/";
  for (const InstructionMix& mix : {probes.float_fma, probes.int8_chain4, probes.int16}) {
    benchmark::RegisterBenchmark((prefix + mix.name).c_str(), [mix](benchmark::State& state) {
      measure(state, mix.mac * kRounds, 0.0, [&] { mix.run(kRounds); });
    });
  }
  // Half of the level of an AVX2 machine, so that the rest of the process finds room beside it.
  for (const auto& [level, bytes] : {std::pair<const char*, std::size_t>{"L1", kMegabyte / 64},
                                     {"L2", kMegabyte / 8},
                                     {"L3", 4 * kMegabyte},
                                     {"memory", 256 * kMegabyte}}) {
    benchmark::RegisterBenchmark((prefix + "read_" + level).c_str(),
                                 [read = probes.read, bytes = bytes](benchmark::State& state) {
                                   const kernels::AlignedBuffer<std::byte> buffer(bytes);
                                   measure(state, 0.0, static_cast<double>(bytes),
                                           [&] { read(buffer.data(), bytes); });
                                 });
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
