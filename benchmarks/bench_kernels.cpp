// Kernels, whole layers against other libraries, and the limits of the machine. For ratios between
// rows, interleave:
//   octavo_bench_kernels --benchmark_enable_random_interleaving=true --benchmark_repetitions=9
// scripts/benchmark makes docs/performance.md of it, with all libraries held to AVX2.
#include <fstream>
#include <string>

#include <benchmark/benchmark.h>

#include "octavo/cpu.hpp"

#include "benchmarks/suite.hpp"

namespace octavo::bench {
namespace {

/// The CPU's name as Linux reports it; empty where it does not.
std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with("model name")) return line.substr(line.find(": ") + 2);
  }
  return {};
}

#if defined(__clang__)
constexpr const char* kCompiler = __VERSION__;
#else
constexpr const char* kCompiler = "GCC " __VERSION__;
#endif

void register_suite() {
  benchmark::AddCustomContext("cpu", cpu_name());
  benchmark::AddCustomContext("compiler", kCompiler);
  benchmark::AddCustomContext("isa", default_instruction_set());
  register_products();
  register_vectors();
  register_roofline();
  register_passes();
  register_octavo();
#define OCTAVO_PEER(id) register_##id();
#include "peers.def"
#undef OCTAVO_PEER
}

}  // namespace
}  // namespace octavo::bench

int main(int argc, char** argv) {
  octavo::bench::register_suite();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
