#include <cmath>
#include <limits>

#include "kernels/packing.hpp"
#include "tests/kernels/fixtures.hpp"

using namespace octavo::kernels;
using octavo::test::Convolution;
using octavo::test::for_each_isa;
using octavo::test::Input;
using octavo::test::Random;

namespace {

struct FloatProblem {
  RowMap map;
  std::size_t rows;
  WeightShape shape;
  Input<float> a;
  std::vector<float> weights;
  Input<float> bias;
  Input<float> zeros;
  Activation activation;

  FloatProblem(const RowMap& row_map, std::size_t row_count, std::size_t input_size,
               const WeightShape& weight_shape, std::uint64_t seed)
      : map(row_map),
        rows(row_count),
        shape(weight_shape),
        a(input_size),
        weights(weight_shape.size()),
        bias(weight_shape.columns),
        zeros(weight_shape.depth) {
    Random random(seed);
    for (float& x : a) x = random.uniform(-1.0F, 1.0F);
    for (float& x : weights) x = random.uniform(-1.0F, 1.0F);
    for (float& x : bias) x = random.uniform(-1.0F, 1.0F);
    for (float& x : zeros) x = 0.0F;
  }
  FloatProblem(std::size_t m, std::size_t n, std::size_t k, std::uint64_t seed)
      : FloatProblem(RowMap::matrix(static_cast<std::int64_t>(m), static_cast<std::int64_t>(k)), m,
                     m * k, {n, 1, k}, seed) {}

  [[nodiscard]] FloatProduct product(const PackedFloat& packed) const {
    FloatProduct p;
    packed.bind(p);
    p.a = a.data();
    p.rows = map;
    p.zeros = zeros.data();
    p.bias = bias.data();
    p.activation = activation;
    p.out_stride = shape.columns;
    return p;
  }

  /// Checks the product against sums in double, within what sums in float may lose.
  void check() const {
    const PackedFloat packed(weights, shape);
    for_each_isa([&](const KernelTable& table) {
      std::vector<float> out(rows * shape.columns, -77.0F);
      FloatProduct p = product(packed);
      p.out = out.data();
      table.float_product(p, {0, rows, 0, shape.panels()});
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < out.size(); ++i) {
        const auto [value, magnitude] = exact(i / shape.columns, i % shape.columns);
        const auto count = static_cast<double>(shape.segments * shape.depth + 1);
        const double allowed = count * magnitude * std::numeric_limits<float>::epsilon();
        wrong += std::abs(out[i] - value) <= allowed ? 0 : 1;
      }
      CHECK(wrong == 0);
    });
  }

 private:
  struct Sum {
    double value, magnitude;
  };
  [[nodiscard]] Sum exact(std::size_t m, std::size_t n) const {
    Sum sum{bias[n], std::abs(bias[n])};
    for (std::size_t s = 0; s < shape.segments; ++s) {
      const std::int64_t offset =
          octavo::test::segment_offset(map, m, static_cast<std::int64_t>(s));
      if (offset < 0) continue;
      for (std::size_t k = 0; k < shape.depth; ++k) {
        const double product = double{a[static_cast<std::size_t>(offset) + k]} *
                               double{weights[(n * shape.segments + s) * shape.depth + k]};
        sum.value += product;
        sum.magnitude += std::abs(product);
      }
    }
    sum.value = std::min(std::max(sum.value, double{activation.alpha}), double{activation.beta});
    return sum;
  }
};

}  // namespace

TEST_CASE("float product: any number of rows, columns and any depth") {
  std::uint64_t seed = 1;
  for (std::size_t m = 1; m <= 13; ++m) {
    for (const std::size_t n : {1U, 7U, 15U, 16U, 17U, 40U}) {
      CAPTURE(m);
      CAPTURE(n);
      FloatProblem(m, n, 1 + seed % 23, seed).check();
      ++seed;
    }
  }
  for (std::size_t k = 1; k <= 40; ++k) FloatProblem(3, 17, k, k).check();
  FloatProblem(300, 33, 400, 2).check();
}

TEST_CASE("float product: convolutions with padding") {
  for (const std::int64_t kernel : {1, 3, 5}) {
    for (const std::int64_t stride : {1, 2}) {
      for (const std::int64_t dilation : {1, 2}) {
        for (const std::int64_t channels : {1, 3, 16}) {
          CAPTURE(kernel);
          CAPTURE(stride);
          CAPTURE(dilation);
          CAPTURE(channels);
          const Convolution conv{.images = 2,
                                 .height = 9,
                                 .width = 11,
                                 .channels = channels,
                                 .kernel_height = kernel,
                                 .kernel_width = kernel,
                                 .stride = stride,
                                 .dilation = dilation,
                                 .padding = kernel / 2 * dilation};
          FloatProblem(
              conv.map(), conv.rows(), conv.input_size(),
              {21, static_cast<std::size_t>(kernel * kernel), static_cast<std::size_t>(channels)},
              3)
              .check();
        }
      }
    }
  }
}

TEST_CASE("float product: clamp and rows apart") {
  FloatProblem problem(RowMap::matrix(9, 20), 9, 9 * 20, {19, 1, 13}, 4);
  problem.activation = {UnaryMethod::clamp, 0.0F, 1.5F};
  problem.check();
}

TEST_CASE("float product: NaN reaches its row and passes the clamp; no bias adds zero") {
  FloatProblem problem(7, 18, 10, 5);
  problem.activation = {UnaryMethod::clamp, 0.0F, 6.0F};
  problem.a[3 * 10 + 4] = std::numeric_limits<float>::quiet_NaN();
  const PackedFloat packed(problem.weights, problem.shape);
  for_each_isa([&](const KernelTable& table) {
    std::vector<float> out(7 * 18);
    FloatProduct p = problem.product(packed);
    p.bias = nullptr;
    p.out = out.data();
    table.float_product(p, {0, 7, 0, 2});
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      const bool in_range = out[i] >= 0.0F && out[i] <= 6.0F;
      wrong += (i / 18 == 3 ? std::isnan(out[i]) : in_range) ? 0 : 1;
    }
    CHECK(wrong == 0);
  });
}

TEST_CASE("float product: tiles touch nothing else") {
  FloatProblem problem(20, 50, 9, 6);
  const PackedFloat packed(problem.weights, problem.shape);
  for_each_isa([&](const KernelTable& table) {
    std::vector<float> out(20 * 60, -5.0F);
    FloatProduct p = problem.product(packed);
    p.out = out.data();
    p.out_stride = 60;
    table.float_product(p, {2, 9, 3, 4});
    std::size_t untouched = 0;
    for (const float x : out) untouched += x == -5.0F ? 1 : 0;
    CHECK(untouched == out.size() - 7 * 2);
    CHECK(out[2 * 60 + 48] != -5.0F);
    CHECK(out[8 * 60 + 49] != -5.0F);
  });
}
