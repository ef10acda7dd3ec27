// What follows the sums of every product: activations, and the extremes of what was written.
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>

#include "tests/kernels/int8_problem.hpp"

using namespace octavo::kernels;
using octavo::test::count_different;
using octavo::test::for_each_isa;
using octavo::test::identical;
using octavo::test::Input;
using octavo::test::Int8Problem;
using octavo::test::random_input;

namespace {

constexpr std::array<Activation, 8> kActivations = {Activation{UnaryMethod::clamp, 0.0F},
                                                    Activation{UnaryMethod::clamp, -0.5F, 0.75F},
                                                    Activation{UnaryMethod::leaky_relu, 0.1F},
                                                    Activation{UnaryMethod::hard_swish},
                                                    Activation{UnaryMethod::sigmoid},
                                                    Activation{UnaryMethod::tanh},
                                                    Activation{UnaryMethod::silu},
                                                    Activation{UnaryMethod::gelu}};

/// Computes a product of one table into `out`, with an activation.
using Run = std::function<Extrema(const KernelTable&, const Activation&, float* out)>;

void check_extrema(const Extrema& extrema, const std::vector<float>& out) {
  Extrema expected;
  for (const float x : out) expected.merge({x, x, std::isfinite(x)});
  CHECK(extrema.finite == expected.finite);
  if (!expected.finite) return;
  CHECK(extrema.low == expected.low);
  CHECK(extrema.high == expected.high);
}

/// An activation in the epilogue has the bits of the function applied afterwards.
void check_epilogue(std::size_t size, const Run& run) {
  for_each_isa([&](const KernelTable& table) {
    std::vector<float> plain(size);
    check_extrema(run(table, {}, plain.data()), plain);
    for (const Activation& activation : kActivations) {
      CAPTURE(static_cast<int>(activation.method));
      std::vector<float> out(size);
      check_extrema(run(table, activation, out.data()), out);
      std::vector<float> expected(size);
      table.unary(activation.method, activation.alpha, activation.beta, plain.data(), size,
                  expected.data());
      CHECK(count_different(out, expected) == 0);
    }
  });
}

/// m x n sums of `depth` products.
struct FloatMatrices {
  std::size_t m, n, depth;
  Input<float> a = random_input(m * depth, 1);
  Input<float> zeros = Input<float>(depth);
  Input<float> bias = random_input(n, 2);
  PackedFloat packed{std::vector<float>(n * depth, 0.25F), {n, 1, depth}};

  [[nodiscard]] FloatProduct product() const {
    FloatProduct p;
    packed.bind(p);
    p.a = a.data();
    p.rows = RowMap::matrix(static_cast<std::int64_t>(m), static_cast<std::int64_t>(depth));
    p.zeros = zeros.data();
    p.bias = bias.data();
    p.out_stride = n;
    return p;
  }

  [[nodiscard]] Extrema run(const KernelTable& table, const Activation& activation,
                            float* out) const {
    FloatProduct p = product();
    p.activation = activation;
    p.out = out;
    return table.float_product(p, {0, m, 0, (n + kPanelWidth - 1) / kPanelWidth});
  }
};

}  // namespace

TEST_CASE("epilogue: float products") {
  for (const std::size_t n : {1U, 3U, 4U, 5U, 8U, 9U, 15U, 16U, 17U, 48U}) {
    CAPTURE(n);
    const FloatMatrices matrices{7, n, 10};
    check_epilogue(7 * n, [&](const KernelTable& table, const Activation& activation, float* out) {
      return matrices.run(table, activation, out);
    });
  }
}

TEST_CASE("epilogue: int8 products") {
  for (const std::size_t n : {1U, 4U, 7U, 16U, 19U, 40U}) {
    CAPTURE(n);
    Int8Problem problem(9, n, 24, n);
    problem.fill_weights(-60, 60, 3);
    const PackedInt8 packed(problem.weights, problem.shape);
    check_epilogue(9 * n, [&](const KernelTable& table, const Activation& activation, float* out) {
      Int8Product p = problem.product(packed);
      p.activation = activation;
      p.out = out;
      return table.int8_product(p, problem.whole());
    });
  }
}

TEST_CASE("epilogue: depthwise products") {
  for (const std::int64_t channels : {1, 3, 4, 8, 11, 16, 21}) {
    for (const std::int64_t kernel : {2, 3, 5}) {
      CAPTURE(channels);
      CAPTURE(kernel);
      const octavo::test::Convolution conv{.images = 2,
                                           .height = 6,
                                           .width = 7,
                                           .channels = channels,
                                           .kernel_height = kernel,
                                           .kernel_width = kernel,
                                           .padding = kernel / 2};
      const auto count = static_cast<std::size_t>(channels);
      const Input<float> a = random_input(conv.input_size(), 1);
      const Input<float> weights =
          random_input(static_cast<std::size_t>(kernel * kernel) * count, 2);
      DepthwiseProduct p;
      p.a = a.data();
      p.rows = conv.map();
      p.channels = count;
      p.weights = weights.data();
      p.wants_extrema = true;
      check_epilogue(conv.rows() * count,
                     [&](const KernelTable& table, const Activation& activation, float* out) {
                       p.activation = activation;
                       p.out = out;
                       const auto lines = static_cast<std::size_t>(2 * p.rows.out_height);
                       return table.depthwise_product(p, 0, lines);
                     });
    }
  }
}

TEST_CASE("epilogue: what is not finite is reported, also behind an activation") {
  for (const float poison :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    FloatMatrices matrices{5, 20, 6};
    matrices.a[8] = poison;
    check_epilogue(5 * 20, [&](const KernelTable& table, const Activation& activation, float* out) {
      return matrices.run(table, activation, out);
    });
  }
}

TEST_CASE("epilogue: an addend comes after the bias and before the activation") {
  for (const std::size_t n : {3U, 16U, 21U}) {
    CAPTURE(n);
    Int8Problem problem(9, n, 24, n);
    problem.fill_weights(-60, 60, 3);
    const PackedInt8 packed(problem.weights, problem.shape);
    const FloatMatrices matrices{9, n, 10};
    const Input<float> addend = random_input(9 * n, 4);
    for_each_isa([&](const KernelTable& table) {
      for (const bool int8 : {false, true}) {
        const auto run = [&](const float* added, const Activation& activation) {
          std::vector<float> out(9 * n);
          if (int8) {
            Int8Product p = problem.product(packed);
            p.addend = added;
            p.activation = activation;
            p.out = out.data();
            table.int8_product(p, problem.whole());
          } else {
            FloatProduct p = matrices.product();
            p.addend = added;
            p.activation = activation;
            p.out = out.data();
            table.float_product(p, {0, 9, 0, problem.shape.panels()});
          }
          return out;
        };
        std::vector<float> expected = run(nullptr, {});
        for (std::size_t i = 0; i < expected.size(); ++i) {
          expected[i] = std::max(expected[i] + addend[i], 0.0F);
        }
        CHECK(run(addend.data(), {UnaryMethod::clamp, 0.0F}) == expected);
      }
    });
  }
}
