#pragma once

#include <algorithm>
#include <array>
#include <span>

#include "kernels/packing.hpp"
#include "tests/kernels/fixtures.hpp"

namespace octavo::test {

/// An int8 product with everything that its kernel needs.
struct Int8Problem {
  kernels::RowMap map;
  std::size_t rows;
  kernels::WeightShape shape;
  Input<std::uint8_t> a;
  std::vector<std::int8_t> weights;
  std::vector<kernels::Quantization> quantizations;
  std::size_t rows_per_range;
  Input<float> scales;
  Input<float> bias;
  kernels::Activation activation;
  bool gathered = false;  ///< rows are gathered from their segments

  Int8Problem(const kernels::RowMap& row_map, std::size_t row_count, std::size_t input_size,
              const kernels::WeightShape& weight_shape, std::uint64_t seed)
      : map(row_map),
        rows(row_count),
        shape(weight_shape),
        a(input_size),
        weights(weight_shape.size()),
        rows_per_range(row_count),
        scales(weight_shape.columns),
        bias(weight_shape.columns) {
    Random random(seed);
    for (std::uint8_t& x : a) x = static_cast<std::uint8_t>(random.between(0, 255));
    for (float& x : scales) x = random.uniform(0.001F, 0.02F);
    for (float& x : bias) x = random.uniform(-2.0F, 2.0F);
    quantizations.push_back({0.037F, 1.0F / 0.037F, 128});
  }

  /// A product of matrices.
  Int8Problem(std::size_t m, std::size_t n, std::size_t k, std::uint64_t seed)
      : Int8Problem(
            kernels::RowMap::matrix(static_cast<std::int64_t>(m), static_cast<std::int64_t>(k)), m,
            m * k, {n, 1, k}, seed) {}

  void fill_weights(int low, int high, std::uint64_t seed) {
    Random random(seed);
    for (std::int8_t& w : weights) w = static_cast<std::int8_t>(random.between(low, high));
  }

  /// Weights that call for a method, given depth enough.
  void fill_weights_for(kernels::Int8Method method, std::uint64_t seed) {
    constexpr std::array<int, 5> kLimits = {31, 42, 63, 64, 127};  // as Int8Method counts
    const int limit = kLimits[static_cast<std::size_t>(method)];
    fill_weights(method == kernels::Int8Method::wide ? -128 : -limit, limit, seed);
    const std::size_t column_size = shape.segments * shape.depth;
    if (method != kernels::Int8Method::chain1 || column_size < 6) return;
    for (std::size_t i = 0; i < weights.size(); i += column_size) {
      for (const std::size_t k : {0U, 1U, 4U, 5U}) weights[i + k] = 64;
    }
  }

  [[nodiscard]] kernels::Int8Product product(const kernels::PackedInt8& packed) const {
    kernels::Int8Product p;
    packed.bind(p);
    p.a = a.data();
    p.rows = map;
    p.gathered = gathered ? shape.depth : 0;
    p.quantization = quantizations.data();
    p.rows_per_range = rows_per_range;
    p.b_scales = scales.data();
    p.bias = bias.data();
    p.activation = activation;
    p.out_stride = shape.columns;
    return p;
  }
  [[nodiscard]] kernels::WeightShape packed_shape() const {
    return gathered ? kernels::WeightShape{shape.columns, 1, shape.segments * shape.depth} : shape;
  }
  [[nodiscard]] kernels::Tile whole() const { return {0, rows, 0, shape.panels()}; }

  [[nodiscard]] std::vector<std::int32_t> accumulators(const kernels::KernelTable& table,
                                                       const kernels::PackedInt8& packed) const {
    std::vector<std::int32_t> result(rows * shape.columns, -77);
    kernels::Int8Product p = product(packed);
    p.accumulators = result.data();
    table.int8_product(p, whole());
    return result;
  }

  [[nodiscard]] std::vector<float> outputs(const kernels::KernelTable& table,
                                           const kernels::PackedInt8& packed) const {
    std::vector<float> result(rows * shape.columns, -77.0F);
    kernels::Int8Product p = product(packed);
    p.out = result.data();
    table.int8_product(p, whole());
    return result;
  }

  /// By definition, in int64, from the weights before packing.
  [[nodiscard]] std::vector<std::int32_t> exact() const {
    std::vector<std::int32_t> result;
    for (std::size_t m = 0; m < rows; ++m) {
      const std::int64_t zero_point = quantizations[m / rows_per_range].zero_point;
      for (std::size_t n = 0; n < shape.columns; ++n) {
        std::int64_t sum = 0;
        for (std::size_t s = 0; s < shape.segments; ++s) {
          const std::int64_t offset = segment_offset(map, m, static_cast<std::int64_t>(s));
          const std::int8_t* w = weights.data() + (n * shape.segments + s) * shape.depth;
          for (std::size_t k = 0; k < shape.depth; ++k) {
            sum += (a[static_cast<std::size_t>(offset) + k] - zero_point) * w[k];
          }
        }
        result.push_back(static_cast<std::int32_t>(sum));
        REQUIRE(result.back() == sum);
      }
    }
    return result;
  }
};

/// Checks the sums of every instruction set by definition, and their floats against the reference.
inline void check_int8(const Int8Problem& problem) {
  const kernels::PackedInt8 packed(problem.weights, problem.packed_shape());
  const std::vector<std::int32_t> exact = problem.exact();
  const std::vector<float> outputs = problem.outputs(reference(), packed);
  for_each_isa([&](const kernels::KernelTable& table) {
    CHECK(count_different(problem.accumulators(table, packed), exact) == 0);
    CHECK(count_different(problem.outputs(table, packed), outputs) == 0);
  });
}

/// Whether every panel got this method.
inline bool all_panels(const Int8Problem& problem, kernels::Int8Method method) {
  const kernels::PackedInt8 packed(problem.weights, problem.shape);
  return std::ranges::all_of(packed.methods(), [&](kernels::Int8Method m) { return m == method; });
}

}  // namespace octavo::test
