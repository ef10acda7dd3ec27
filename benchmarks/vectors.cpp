// Pooling and the functions of vectors, on every instruction set that this CPU runs.

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include <benchmark/benchmark.h>

#include "benchmarks/measure.hpp"
#include "benchmarks/suite.hpp"
#include "kernels/dispatch.hpp"

namespace octavo::bench {
namespace {

using namespace octavo::kernels;

void pool(benchmark::State& state, const KernelTable& table, PoolMethod method) {
  constexpr std::int64_t kSize = 56;
  constexpr std::int64_t kChannels = 64;
  const AlignedBuffer<float> a = random_floats(kSize * kSize * kChannels);
  AlignedBuffer<float> out(kSize / 2 * kSize / 2 * kChannels);
  Pool p;
  p.method = method;
  p.a = a.data();
  p.channels = kChannels;
  p.out = out.data();
  p.rows.in_height = p.rows.in_width = kSize;
  p.rows.out_height = p.rows.out_width = kSize / 2;
  p.rows.kernel_height = p.rows.kernel_width = 2;
  p.rows.stride_height = p.rows.stride_width = 2;
  p.rows.pixel_stride = kChannels;
  p.rows.line_stride = p.rows.image_stride = kSize * kChannels;
  measure(state, 0.0, static_cast<double>(a.bytes()), [&] { table.pool(p, 0, kSize / 2); });
}

/// A function of n floats; the rate is that of the floats read.
using VectorBody =
    std::function<void(const KernelTable&, const float* x, std::size_t n, float* out)>;

void vector_function(benchmark::State& state, const KernelTable& table, std::size_t n,
                     const VectorBody& body) {
  const AlignedBuffer<float> x = random_floats(n);
  AlignedBuffer<float> out(n);
  measure(state, 0.0, static_cast<double>(x.bytes()),
          [&] { body(table, x.data(), n, out.data()); });
}

VectorBody unary(UnaryMethod method) {
  return [method](const KernelTable& t, const float* x, std::size_t n, float* out) {
    t.unary(method, 0.0F, 6.0F, x, n, out);
  };
}

void quantize(const KernelTable& t, const float* x, std::size_t n, float* out) {
  t.quantize(x, n, {0.01F, 100.0F, 128}, reinterpret_cast<std::uint8_t*>(out));
}

void histogram(const KernelTable& t, const float* x, std::size_t n, float*) {
  std::uint64_t counts[2048] = {};
  t.histogram(x, n, {-1.0F, 1024.0F, 2048, false}, counts);
  benchmark::DoNotOptimize(counts);
}

void register_vectors(const Isa& isa) {
  const std::string prefix = std::string(isa.name) + "/";
  const KernelTable& table = isa.table;
  for (const PoolMethod method : {PoolMethod::maximum, PoolMethod::average}) {
    const std::string name = method == PoolMethod::maximum ? "pool/maximum" : "pool/average";
    benchmark::RegisterBenchmark(
        (prefix + name).c_str(),
        [&table, method](benchmark::State& state) { pool(state, table, method); });
  }
  const std::pair<const char*, VectorBody> functions[] = {
      {"extrema", [](const KernelTable& t, const float* x, std::size_t n,
                     float*) { benchmark::DoNotOptimize(t.extrema(x, n)); }},
      {"moments", [](const KernelTable& t, const float* x, std::size_t n,
                     float*) { benchmark::DoNotOptimize(t.moments(x, n)); }},
      {"histogram", histogram},
      {"quantize", quantize},
      {"clamp", unary(UnaryMethod::clamp)},
      {"sigmoid", unary(UnaryMethod::sigmoid)},
      {"tanh", unary(UnaryMethod::tanh)},
      {"exponential", unary(UnaryMethod::exponential)},
      {"hard_swish", unary(UnaryMethod::hard_swish)},
      {"add", [](const KernelTable& t, const float* x, std::size_t n,
                 float* out) { t.binary(BinaryMethod::add, x, 1, x, 1, n, out); }},
      {"maximum", [](const KernelTable& t, const float* x, std::size_t n,
                     float* out) { t.binary(BinaryMethod::maximum, x, 1, x, 0, n, out); }},
      {"softmax", [](const KernelTable& t, const float* x, std::size_t n, float* out) {
         t.softmax(x, 1, n, out);
       }}};
  for (const auto& [name, body] : functions) {
    for (const std::size_t n : {1000U, 100000U, 4000000U}) {
      benchmark::RegisterBenchmark((prefix + name + "/" + std::to_string(n)).c_str(),
                                   [&table, n, body = body](benchmark::State& state) {
                                     vector_function(state, table, n, body);
                                   });
    }
  }
}

}  // namespace

void register_vectors() {
  for (const Isa& isa : isas()) {
    if (isa.supported) register_vectors(isa);
  }
}

}  // namespace octavo::bench
