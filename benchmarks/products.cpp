// The product kernels of every instruction set that this CPU runs: linear and convolution in float
// and int8 by method, and depthwise.

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "benchmarks/measure.hpp"
#include "benchmarks/suite.hpp"
#include "kernels/dispatch.hpp"
#include "kernels/packing.hpp"

namespace octavo::bench {
namespace {

using namespace octavo::kernels;
using test::Random;

/// A matrix product, or a 3x3 convolution of stride 1 over `size` x `size` positions.
struct ProductShape {
  std::size_t m, n, k;
  std::size_t size = 0;

  [[nodiscard]] std::string name() const {
    return size != 0 ? "conv3x3/" + std::to_string(size) + "x" + std::to_string(size) + "/" +
                           std::to_string(k) + "->" + std::to_string(n)
                     : "linear/M" + std::to_string(m) + "/N" + std::to_string(n) + "/K" +
                           std::to_string(k);
  }
  [[nodiscard]] std::size_t taps() const { return size != 0 ? 9 : 1; }
  [[nodiscard]] double mac() const {
    return static_cast<double>(m) * static_cast<double>(n * k * taps());
  }
  /// `border` positions of padding are part of the input.
  [[nodiscard]] RowMap map(std::size_t border) const {
    if (size == 0)
      return RowMap::matrix(static_cast<std::int64_t>(m), static_cast<std::int64_t>(k));
    RowMap map;
    map.out_height = map.out_width = static_cast<std::int64_t>(size);
    map.in_height = map.in_width = static_cast<std::int64_t>(size + 2 * border);
    map.kernel_height = map.kernel_width = 3;
    map.pad_top = map.pad_left = static_cast<std::int64_t>(1 - border);
    map.pixel_stride = static_cast<std::int64_t>(k);
    map.line_stride = map.pixel_stride * map.in_width;
    map.image_stride = map.line_stride * map.in_height;
    return map;
  }
};

void float_product(benchmark::State& state, const KernelTable& table, const ProductShape& s) {
  const WeightShape shape{s.n, s.taps(), s.k};
  const AlignedBuffer<float> weights = random_floats(shape.size());
  const AlignedBuffer<float> a = random_floats(s.m * s.k);
  const AlignedBuffer<float> zeros(s.k);
  const AlignedBuffer<float> bias(s.n);
  AlignedBuffer<float> out(s.m * s.n);
  const PackedFloat packed({weights.data(), weights.size()}, shape);
  FloatProduct p;
  packed.bind(p);
  p.a = a.data();
  p.rows = s.map(0);
  p.zeros = zeros.data();
  p.bias = bias.data();
  p.out = out.data();
  p.out_stride = s.n;
  measure(state, s.mac(), 0.0, [&] { table.float_product(p, {0, s.m, 0, shape.panels()}); });
}

/// Weights up to `limit` decide on the method (kernels/packing.hpp).
void int8_product(benchmark::State& state, const KernelTable& table, const ProductShape& s,
                  int limit) {
  // Whole kernel lines as segments.
  const WeightShape shape = s.size != 0 ? WeightShape{s.n, 3, 3 * s.k} : WeightShape{s.n, 1, s.k};
  Random random(1);
  std::vector<std::int8_t> weights(shape.size());
  for (std::int8_t& w : weights) w = static_cast<std::int8_t>(random.between(-limit, limit));
  if (limit == 64) {
    // One lane of two groups with magnitudes of 256 rules out chains.
    for (std::size_t n = 0; n < weights.size(); n += shape.segments * shape.depth) {
      for (const std::size_t k : {0U, 1U, 4U, 5U}) weights[n + k] = 64;
    }
  }
  const PackedInt8 packed(weights, shape);
  const std::size_t side = s.size + 2;
  AlignedBuffer<std::uint8_t> a(s.size != 0 ? side * side * s.k : s.m * s.k);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<std::uint8_t>(random.bits());
  const AlignedBuffer<float> scales(s.n);
  const AlignedBuffer<float> bias(s.n);
  AlignedBuffer<float> out(s.m * s.n);
  const Quantization quantization{1.0F, 1.0F, 128};
  Int8Product p;
  packed.bind(p);
  p.a = a.data();
  p.rows = s.map(1);
  if (s.size != 0) p.rows.kernel_width = 1;
  p.quantization = &quantization;
  p.rows_per_range = s.m;
  p.b_scales = scales.data();
  p.bias = bias.data();
  p.out = out.data();
  p.out_stride = s.n;
  measure(state, s.mac(), 0.0, [&] { table.int8_product(p, {0, s.m, 0, shape.panels()}); });
}

void depthwise(benchmark::State& state, const KernelTable& table, std::int64_t size,
               std::int64_t channels, std::int64_t kernel, std::int64_t stride) {
  const auto count = static_cast<std::size_t>(size * size * channels);
  const AlignedBuffer<float> a = random_floats(count);
  const AlignedBuffer<float> weights =
      random_floats(static_cast<std::size_t>(kernel * kernel * channels));
  AlignedBuffer<float> out(count);
  DepthwiseProduct p;
  p.a = a.data();
  p.channels = static_cast<std::size_t>(channels);
  p.weights = weights.data();
  p.out = out.data();
  RowMap& map = p.rows;
  map.in_height = map.in_width = size;
  map.out_height = map.out_width = (size - 1) / stride + 1;
  map.kernel_height = map.kernel_width = kernel;
  map.stride_height = map.stride_width = stride;
  map.pad_top = map.pad_left = kernel / 2;
  map.pixel_stride = channels;
  map.line_stride = map.image_stride = size * channels;
  const auto mac = static_cast<double>(kernel * kernel * map.out_height * map.out_width * channels);
  measure(state, mac, 0.0,
          [&] { table.depthwise_product(p, 0, static_cast<std::size_t>(map.out_height)); });
}

void register_products(const Isa& isa) {
  const std::string prefix = std::string(isa.name) + "/";
  const KernelTable& table = isa.table;
  for (const ProductShape& s : {ProductShape{1, 768, 768},
                                {1, 4096, 4096},
                                {4, 768, 768},
                                {16, 768, 768},
                                {16, 768, 3072},
                                {64, 768, 768},
                                {256, 3072, 768},
                                {56 * 56, 64, 64, 56},
                                {28 * 28, 128, 128, 28},
                                {14 * 14, 256, 256, 14},
                                {7 * 7, 512, 512, 7}}) {
    benchmark::RegisterBenchmark(
        (prefix + "float_product/" + s.name()).c_str(),
        [&table, s](benchmark::State& state) { float_product(state, table, s); });
    for (const auto& [method, limit] : {std::pair<const char*, int>{"chain4", 31},
                                        {"chain3", 42},
                                        {"chain2", 63},
                                        {"chain1", 64},
                                        {"wide", 127}}) {
      benchmark::RegisterBenchmark((prefix + "int8_product/" + s.name() + "/" + method).c_str(),
                                   [&table, s, limit = limit](benchmark::State& state) {
                                     int8_product(state, table, s, limit);
                                   });
    }
  }
  for (const auto& [size, channels, kernel, stride] : {std::array<std::int64_t, 4>{112, 32, 3, 1},
                                                       {56, 144, 3, 1},
                                                       {14, 384, 3, 1},
                                                       {14, 512, 3, 1},
                                                       {7, 960, 3, 1},
                                                       {56, 144, 3, 2},
                                                       {14, 576, 3, 2},
                                                       {28, 240, 5, 1},
                                                       {7, 1152, 5, 1},
                                                       {14, 672, 5, 2}}) {
    benchmark::RegisterBenchmark(
        (prefix + "depthwise/" + std::to_string(size) + "/" + std::to_string(channels) + "/kernel" +
         std::to_string(kernel) + "/stride" + std::to_string(stride))
            .c_str(),
        [&table, size = size, channels = channels, kernel = kernel, stride = stride](
            benchmark::State& state) { depthwise(state, table, size, channels, kernel, stride); });
  }
}

}  // namespace

void register_products() {
  for (const Isa& isa : isas()) {
    if (isa.supported) register_products(isa);
  }
}

}  // namespace octavo::bench
