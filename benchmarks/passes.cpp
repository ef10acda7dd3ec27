// What dynamic int8 costs on top of a product: the pass that finds the range of a float activation
// and the pass that quantizes it.

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

void range_quantize(benchmark::State& state, std::size_t n) {
  const KernelTable& table = select_kernels({});
  const AlignedBuffer<float> x = random_floats(n);
  AlignedBuffer<std::uint8_t> out(n);
  measure(state, 0.0, static_cast<double>(x.bytes()), [&] {
    const Extrema extrema = table.extrema(x.data(), n);
    table.quantize(x.data(), n, quantization_of({extrema.low, extrema.high}, Scheme::asymmetric),
                   out.data());
  });
}

}  // namespace

void register_passes() {
  for (const std::size_t kilobytes : {16U, 192U, 4096U}) {
    benchmark::RegisterBenchmark(
        ("pass/range_quantize/" + std::to_string(kilobytes) + "KiB").c_str(),
        [n = kilobytes * 1024 / sizeof(float)](benchmark::State& state) {
          range_quantize(state, n);
        });
  }
}

}  // namespace octavo::bench
