// What dynamic int8 costs on top of a product: the pass that finds the range of a float activation
// and the pass that quantizes it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include <benchmark/benchmark.h>

#include "benchmarks/measure.hpp"
#include "benchmarks/suite.hpp"
#include "kernels/dispatch.hpp"

namespace octavo::bench {
namespace {

using namespace octavo::kernels;

/// Of one measurement, so that reading the clock does not count.
constexpr std::size_t kMinFloats = std::size_t{1} << 18U;

void range_quantize(benchmark::State& state, std::size_t n) {
  const KernelTable& table = select_kernels({});
  const AlignedBuffer<float> x = random_floats(n);
  AlignedBuffer<std::uint8_t> out(n);
  const std::size_t times = std::max<std::size_t>(kMinFloats / n, 1);
  measure_runs(state, 0.0, static_cast<double>(times * x.bytes()), [&] {
    return seconds([&] {
      for (std::size_t i = 0; i < times; ++i) {
        const Extrema extrema = table.extrema(x.data(), n);
        const Range range{extrema.low, extrema.high};
        table.quantize(x.data(), n, quantization_of(range, Scheme::asymmetric), out.data());
      }
    });
  });
}

}  // namespace

void register_passes() {
  for (const std::size_t kilobytes : {16U, 192U, 4096U}) {
    const auto row = [n = kilobytes * 1024 / sizeof(float)](benchmark::State& state) {
      range_quantize(state, n);
    };
    const std::string name = "pass/range_quantize/" + std::to_string(kilobytes) + "KiB";
    benchmark::RegisterBenchmark(name.c_str(), row)->UseManualTime();
  }
}

}  // namespace octavo::bench
