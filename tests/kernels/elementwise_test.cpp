#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "tests/kernels/fixtures.hpp"

using namespace octavo::kernels;
using octavo::test::for_each_isa;
using octavo::test::Input;
using octavo::test::Random;
using octavo::test::reference;

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr std::array<float, 18> kSpecial = {0.0F,   -0.0F,   1.0F,    -1.0F,   kInf,    -kInf,
                                            kNaN,   1e-40F,  -1e-40F, 3e38F,   -3e38F,  88.72F,
                                            88.73F, -87.34F, -103.9F, -104.1F, 0.6249F, -0.6251F};

/// How far x is from an exact value, in units of the last place of a float of its size.
double ulps(float x, double exact) {
  const auto rounded = static_cast<float>(exact);
  if (octavo::test::identical(x, rounded)) return 0.0;
  if (!std::isfinite(x) || !std::isfinite(rounded)) return 1e9;
  int exponent = 0;
  std::frexp(std::max(std::abs(exact), double{std::numeric_limits<float>::min()}), &exponent);
  return std::abs(double{x} - exact) / std::ldexp(1.0, exponent - 24);
}

/// The largest error of a method over a range and at the special values.
double worst_ulps(const KernelTable& table, UnaryMethod method, double (*exact)(double), float low,
                  float high) {
  constexpr std::size_t kCount = 200003;
  Input<float> x(kCount + kSpecial.size());
  for (std::size_t i = 0; i < kCount; ++i) {
    x[i] = low + (high - low) * static_cast<float>(i) / static_cast<float>(kCount);
  }
  std::copy(kSpecial.begin(), kSpecial.end(), x.begin() + kCount);
  std::vector<float> out(x.size());
  table.unary(method, 0.0F, 0.0F, x.data(), x.size(), out.data());
  double worst = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    worst = std::max(worst, ulps(out[i], exact(double{x[i]})));
  }
  return worst;
}

}  // namespace

TEST_CASE("elementwise: exponential, sigmoid and tanh within a few units in the last place") {
  for_each_isa([](const KernelTable& table) {
    const auto exp = [](double x) { return std::exp(x); };
    const auto sigmoid = [](double x) { return 1.0 / (1.0 + std::exp(-x)); };
    const auto tanh = [](double x) { return std::tanh(x); };
    for (const float reach : {1.0F, 20.0F, 110.0F}) {
      CAPTURE(reach);
      CHECK(worst_ulps(table, UnaryMethod::exponential, exp, -reach, reach) <= 2.0);
      CHECK(worst_ulps(table, UnaryMethod::sigmoid, sigmoid, -reach, reach) <= 3.0);
      CHECK(worst_ulps(table, UnaryMethod::tanh, tanh, -reach, reach) <= 3.0);
    }
  });
}

TEST_CASE("elementwise: silu and gelu") {
  for_each_isa([](const KernelTable& table) {
    const auto silu = [](double x) { return x / (1.0 + std::exp(-x)); };
    const auto gelu = [](double x) { return 0.5 * x * std::erfc(-x * std::sqrt(0.5)); };
    for (const auto& [method, exact] :
         {std::pair<UnaryMethod, double (*)(double)>{UnaryMethod::silu, silu},
          {UnaryMethod::gelu, gelu}}) {
      for (const float reach : {0.1F, 4.0F, 80.0F}) {
        Input<float> x(20011);
        for (std::size_t i = 0; i < x.size(); ++i) {
          x[i] = reach * (static_cast<float>(i) / 10005.0F - 1.0F);
        }
        std::vector<float> out(x.size());
        table.unary(method, 0.0F, 0.0F, x.data(), x.size(), out.data());
        double worst = 0.0;
        for (std::size_t i = 0; i < x.size(); ++i) {
          const double allowed = std::max(std::abs(exact(double{x[i]})), 0.1);
          worst = std::max(worst, std::abs(out[i] - exact(double{x[i]})) / allowed);
        }
        CHECK(worst < 5e-7);
      }
      const float special[] = {0.0F, -1e4F, 1e4F, kNaN};
      float out[4];
      table.unary(method, 0.0F, 0.0F, special, 4, out);
      CHECK(out[0] == 0.0F);
      CHECK(out[1] == 0.0F);
      CHECK(out[2] == 1e4F);
      CHECK(std::isnan(out[3]));
    }
  });
}

TEST_CASE("elementwise: the simple functions have the bits of the reference") {
  Random random(1);
  for (const UnaryMethod method :
       {UnaryMethod::clamp, UnaryMethod::leaky_relu, UnaryMethod::hard_sigmoid,
        UnaryMethod::hard_swish, UnaryMethod::negate, UnaryMethod::absolute,
        UnaryMethod::square_root}) {
    CAPTURE(static_cast<int>(method));
    for (std::size_t n = 0; n < 60; ++n) {
      Input<float> x(n, n % 5);
      for (std::size_t i = 0; i < n; ++i) {
        x[i] = i < kSpecial.size() ? kSpecial[i] : random.uniform(-9.0F, 9.0F);
      }
      std::vector<float> expected(n + 1, 5.0F);
      reference().unary(method, 0.1F, 0.7F, x.data(), n, expected.data());
      for_each_isa([&](const KernelTable& table) {
        std::vector<float> out(n + 1, 5.0F);
        table.unary(method, 0.1F, 0.7F, x.data(), n, out.data());
        CHECK(octavo::test::count_different(out, expected) == 0);
      });
    }
  }
}

TEST_CASE("elementwise: in place") {
  for_each_isa([](const KernelTable& table) {
    Input<float> x(21);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i) - 10.0F;
    table.unary(UnaryMethod::clamp, 0.0F, 6.0F, x.data(), x.size(), x.data());
    for (std::size_t i = 0; i < x.size(); ++i) {
      CHECK(x[i] == std::clamp(static_cast<float>(i) - 10.0F, 0.0F, 6.0F));
    }
    table.binary(BinaryMethod::add, x.data(), 1, x.data(), 1, x.size(), x.data());
    CHECK(x[20] == 12.0F);
  });
}

TEST_CASE("elementwise: binary functions, also of one value with all") {
  Random random(2);
  for (const BinaryMethod method :
       {BinaryMethod::add, BinaryMethod::subtract, BinaryMethod::multiply, BinaryMethod::divide,
        BinaryMethod::minimum, BinaryMethod::maximum}) {
    CAPTURE(static_cast<int>(method));
    for (const std::size_t n : {0U, 1U, 7U, 8U, 45U, 324U}) {
      Input<float> x(n + 1);
      Input<float> y(n + 1);
      for (std::size_t i = 0; i <= n; ++i) {
        const bool special = n == 324;
        x[i] = special ? kSpecial[i % 18] : random.uniform(-9.0F, 9.0F);
        y[i] = special ? kSpecial[i / 18 % 18] : random.uniform(-9.0F, 9.0F);
      }
      for (const std::size_t x_step : {0U, 1U}) {
        for (const std::size_t y_step : {0U, 1U}) {
          std::vector<float> expected(n + 1, 5.0F);
          reference().binary(method, x.data(), x_step, y.data(), y_step, n, expected.data());
          for_each_isa([&](const KernelTable& table) {
            std::vector<float> out(n + 1, 5.0F);
            table.binary(method, x.data(), x_step, y.data(), y_step, n, out.data());
            CHECK(octavo::test::count_different(out, expected) == 0);
          });
        }
      }
    }
  }
}

TEST_CASE("softmax: close to double, sums to one") {
  Random random(3);
  for (const std::size_t n : {1U, 2U, 7U, 8U, 9U, 100U, 1000U}) {
    for (const float reach : {1.0F, 50.0F, 1e30F}) {
      CAPTURE(n);
      CAPTURE(reach);
      Input<float> x(3 * n);
      for (float& v : x) v = random.uniform(-reach, reach);
      std::vector<float> expected(3 * n);
      reference().softmax(x.data(), 3, n, expected.data());
      for_each_isa([&](const KernelTable& table) {
        std::vector<float> out(3 * n + 1, 5.0F);
        table.softmax(x.data(), 3, n, out.data());
        CHECK(out.back() == 5.0F);
        double worst = 0.0;
        double sum = 0.0;
        for (std::size_t i = 0; i < 3 * n; ++i) {
          sum += out[i];
          worst = std::max(worst, std::abs(double{out[i]} - double{expected[i]}) /
                                      (double{expected[i]} + 1e-30));
        }
        CHECK(worst < 6e-6);  // x - max is rounded to float: half a step at 100 is 4e-6
        CHECK(sum == doctest::Approx(3.0));
      });
    }
  }
}

TEST_CASE("softmax: equal, masked and non-finite rows") {
  for_each_isa([](const KernelTable& table) {
    for (const float value : {0.0F, 1e38F, -1e38F}) {
      Input<float> x(11);
      std::fill(x.begin(), x.end(), value);
      x[10] = -kInf;
      std::vector<float> out(11);
      table.softmax(x.data(), 1, 11, out.data());
      CHECK(out[0] == doctest::Approx(0.1));
      CHECK(out[10] == 0.0F);
      x[4] = kNaN;
      table.softmax(x.data(), 1, 11, out.data());
      for (const float v : out) CHECK(std::isnan(v));
    }
  });
}
