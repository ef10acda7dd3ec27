#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include "runtime/ops/float16.hpp"
#include "tests/runtime/op_harness.hpp"
#include "tests/runtime/sample_models.hpp"

using namespace octavo;
using namespace octavo::test;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

using Function = std::function<double(double)>;

std::vector<float> mapped(const std::vector<float>& x, const Function& f) {
  std::vector<float> y;
  for (const float value : x) y.push_back(static_cast<float>(f(value)));
  return y;
}

void check_function(std::string_view op, const Function& f, const Attributes& attributes = {}) {
  CAPTURE(op);
  std::vector<float> x = random_values(77, 5);
  for (float& value : x) value *= 8.0F;
  const auto out = run_node(op, {fed({7, 11}, x)}, attributes);
  CHECK(out[0].shape == Shape{7, 11});
  CHECK(largest_difference(out[0].values<float>(), mapped(x, f)) < 2e-3);
  const Operand boolean{Operand::Kind::fed, host_tensor<std::uint8_t>({1}, {1}, DataType::boolean)};
  CHECK(contains(error_of(op, {boolean}), "is of type boolean, expected float32"));
}

/// Element i of `out` computed from the broadcast operands, by index arithmetic over all
/// dimensions.
std::vector<float> broadcast_reference(const Shape& a_shape, const std::vector<float>& a,
                                       const Shape& b_shape, const std::vector<float>& b,
                                       const Shape& out, float (*f)(float, float)) {
  const auto source = [&](const Shape& shape, std::size_t index) {
    std::size_t offset = 0, stride = 1;
    for (std::size_t d = out.size(); d-- > 0;) {
      const std::size_t position = index % static_cast<std::size_t>(out[d]);
      index /= static_cast<std::size_t>(out[d]);
      if (d + shape.size() < out.size()) continue;
      const auto extent = static_cast<std::size_t>(shape[d + shape.size() - out.size()]);
      if (extent != 1) offset += position * stride;
      stride *= extent;
    }
    return offset;
  };
  std::vector<float> result;
  for (std::size_t i = 0; i < element_count(out); ++i) {
    result.push_back(f(a[source(a_shape, i)], b[source(b_shape, i)]));
  }
  return result;
}

}  // namespace

TEST_CASE("ops: functions of one tensor") {
  check_function("Abs", [](double x) { return std::abs(x); });
  check_function("Exp", [](double x) { return std::exp(x); });
  check_function("HardSigmoid", [](double x) { return std::clamp(0.2 * x + 0.5, 0.0, 1.0); });
  check_function("HardSigmoid", [](double x) { return std::clamp(0.5 * x + 0.25, 0.0, 1.0); },
                 {{"alpha", 0.5F}, {"beta", 0.25F}});
  check_function("HardSwish", [](double x) { return x * std::clamp(x / 6 + 0.5, 0.0, 1.0); });
  check_function("LeakyRelu", [](double x) { return x < 0 ? 0.01 * x : x; });
  check_function("LeakyRelu", [](double x) { return x < 0 ? 0.3 * x : x; }, {{"alpha", 0.3F}});
  check_function("Neg", [](double x) { return -x; });
  check_function("Relu", [](double x) { return std::max(x, 0.0); });
  check_function("Sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); });
  check_function("Tanh", [](double x) { return std::tanh(x); });
}

TEST_CASE("ops: special values pass through functions as IEEE says") {
  const std::vector<float> x{kNaN, kInfinity, -kInfinity, 0.0F, 4.0F};
  const auto run = [&](std::string_view op) {
    return run_node(op, {fed({5}, x)})[0].values<float>();
  };
  CHECK(largest_difference(run("Relu"), {kNaN, kInfinity, 0, 0, 4}) == 0);
  CHECK(largest_difference(run("Sqrt"), {kNaN, kInfinity, kNaN, 0, 2}) == 0);
  CHECK(largest_difference(run("Exp"), {kNaN, kInfinity, 0, 1, std::exp(4.0F)}) < 1e-4);
  CHECK(largest_difference(run("Tanh"), {kNaN, 1, -1, 0, std::tanh(4.0F)}) < 1e-6);
}

TEST_CASE("ops: Clip takes constant bounds, either of them") {
  const std::vector<float> x{-3, -1, 0, 1, 3};
  const auto clip = [&](const Operand& low, const Operand& high) {
    return run_node("Clip", {fed({5}, x), low, high})[0].values<float>();
  };
  const auto bound = [](float value) { return constant<float>({}, {value}); };
  CHECK(clip(bound(-1), bound(2)) == std::vector<float>{-1, -1, 0, 1, 2});
  CHECK(clip(absent(), bound(0)) == std::vector<float>{-3, -1, 0, 0, 0});
  CHECK(clip(bound(0), absent()) == std::vector<float>{0, 0, 0, 1, 3});
  CHECK(clip(bound(2), bound(-2)) == std::vector<float>(5, -2));  // all become max
  const auto computed = [](float value) { return fed<float>({}, {value}); };
  CHECK(clip(computed(-1), bound(2)) == std::vector<float>{-1, -1, 0, 1, 2});
  CHECK(clip(absent(), computed(0)) == std::vector<float>{-3, -1, 0, 0, 0});
  const auto bytes =
      run_node("Clip", {fed<std::int8_t>({3}, {-9, 0, 9}), absent(), fed<std::int8_t>({}, {5})});
  CHECK(bytes[0].values<std::int8_t>() == std::vector<std::int8_t>{-9, 0, 5});
  CHECK(contains(error_of("Clip", {fed({5}, x), constant<float>({2}, {1, 2})}), "one element"));
}

TEST_CASE("ops: integer functions wrap like two's complement") {
  constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
  const std::vector<std::int64_t> x{-5, 0, 7, kLowest};
  CHECK(run_node("Neg", {fed({4}, x)})[0].values<std::int64_t>() ==
        std::vector<std::int64_t>{5, 0, -7, kLowest});
  CHECK(run_node("Abs", {fed({4}, x)})[0].values<std::int64_t>() ==
        std::vector<std::int64_t>{5, 0, 7, kLowest});
  CHECK(run_node("Abs", {fed<std::int32_t>({2}, {-3, 3})})[0].values<std::int32_t>() ==
        std::vector<std::int32_t>{3, 3});
}

TEST_CASE("ops: binary operators broadcast as numpy does") {
  struct Case {
    Shape a, b, out;
  };
  const std::vector<Case> cases{
      {{2, 3, 4}, {2, 3, 4}, {2, 3, 4}},        // the same
      {{2, 3, 4}, {}, {2, 3, 4}},               // a scalar
      {{1}, {5, 3}, {5, 3}},                    // a scalar on the left
      {{2, 3, 5}, {5}, {2, 3, 5}},              // along the last axis
      {{2, 3, 4, 5}, {3, 1, 1}, {2, 3, 4, 5}},  // per channel
      {{2, 3, 1, 1}, {2, 3, 4, 5}, {2, 3, 4, 5}},
      {{4, 1}, {1, 3}, {4, 3}},  // both
      {{3, 1, 2, 1}, {4, 1, 5}, {3, 4, 2, 5}},
      {{0, 3}, {1, 3}, {0, 3}},  // nothing
  };
  const std::pair<const char*, float (*)(float, float)> operators[] = {
      {"Add", [](float x, float y) { return x + y; }},
      {"Sub", [](float x, float y) { return x - y; }},
      {"Mul", [](float x, float y) { return x * y; }},
      {"Div", [](float x, float y) { return x / y; }},
      {"Min", [](float x, float y) { return std::min(x, y); }},
      {"Max", [](float x, float y) { return std::max(x, y); }},
  };
  for (const Case& tested : cases) {
    const Shape &a_shape = tested.a, &b_shape = tested.b, &out_shape = tested.out;
    const auto a = random_values(element_count(a_shape), 1);
    const auto b = random_values(element_count(b_shape), 2);
    CAPTURE(to_string(a_shape));
    CAPTURE(to_string(b_shape));
    for (const auto& tested_operator : operators) {
      CAPTURE(tested_operator.first);
      const auto out = run_node(tested_operator.first, {fed(a_shape, a), fed(b_shape, b)});
      CHECK(out[0].shape == out_shape);
      CHECK(out[0].values<float>() ==
            broadcast_reference(a_shape, a, b_shape, b, out_shape, tested_operator.second));
    }
  }
}

TEST_CASE("ops: binary operators give the same on several threads") {
  const Shape shape{3, 64, 40, 40};
  const auto a = random_values(element_count(shape), 1);
  const auto b = random_values(64, 2);
  for (const Shape& other : {Shape{64, 1, 1}, Shape{1}}) {
    const auto y = std::vector<float>(b.begin(), b.begin() + other[0]);
    const auto one = run_node("Mul", {fed(shape, a), fed(other, y)}, {}, 1, 1);
    const auto three = run_node("Mul", {fed(shape, a), fed(other, y)}, {}, 1, 3);
    CHECK(one[0].bytes == three[0].bytes);
  }
}

TEST_CASE("ops: Min and Max take any number of inputs") {
  const Operand a = fed<float>({2, 2}, {1, 5, 3, 7});
  const Operand b = fed<float>({2}, {2, 6});
  const Operand c = fed<float>({}, {4});
  CHECK(run_node("Max", {a, b, c})[0].values<float>() == std::vector<float>{4, 6, 4, 7});
  CHECK(run_node("Min", {b, c, a})[0].values<float>() == std::vector<float>{1, 4, 2, 4});
  CHECK(run_node("Max", {a})[0].values<float>() == std::vector<float>{1, 5, 3, 7});
}

TEST_CASE("ops: integer arithmetic truncates, wraps and never divides by zero") {
  using Ints = std::vector<std::int64_t>;
  constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
  const Operand x = fed<std::int64_t>({4}, {7, -7, kLowest, 9});
  CHECK(
      run_node("Div", {x, constant<std::int64_t>({4}, {2, 2, -1, 3})})[0].values<std::int64_t>() ==
      Ints{3, -3, kLowest, 3});
  CHECK(run_node("Sub", {x, constant<std::int64_t>({1}, {1})})[0].values<std::int64_t>()[2] ==
        std::numeric_limits<std::int64_t>::max());
  CHECK(run_node("Mul", {fed<std::int32_t>({1}, {65536}), fed<std::int32_t>({1}, {65537})})[0]
            .values<std::int32_t>() == std::vector<std::int32_t>{65536});
  CHECK(contains(error_of("Div", {x, constant<std::int64_t>({2}, {1, 0})}), "do not broadcast"));
  CHECK(contains(error_of("Div", {x, constant<std::int64_t>({1}, {0})}), "divides integers by 0"));
  CHECK(run_node("Div", {x, fed<std::int64_t>({4}, {0, 2, 0, 9})})[0].values<std::int64_t>() ==
        Ints{0, -3, 0, 1});
  CHECK(run_node("Add", {fed<std::uint8_t>({1}, {250}), fed<std::uint8_t>({1}, {10})})[0]
            .values<std::uint8_t>() == std::vector<std::uint8_t>{4});
  CHECK(run_node("Mul", {fed<std::uint16_t>({1}, {65535}), fed<std::uint16_t>({1}, {65535})})[0]
            .values<std::uint16_t>() == std::vector<std::uint16_t>{1});
  CHECK(contains(error_of("Add", {x, fed<float>({1}, {1})}), "expected int64"));
}

TEST_CASE("ops: Cast converts between all types") {
  const auto cast = [](const Operand& x, std::int64_t to) {
    return run_node("Cast", {x}, {{"to", to}})[0];
  };
  const Operand x = fed<float>({7}, {-1.9F, 2.9F, 300, kNaN, kInfinity, -kInfinity, 0.0F});
  CHECK(cast(x, 3).values<std::int8_t>() == std::vector<std::int8_t>{-1, 2, 127, 0, 127, -128, 0});
  CHECK(cast(x, 2).values<std::uint8_t>() == std::vector<std::uint8_t>{0, 2, 255, 0, 255, 0, 0});
  CHECK(cast(x, 7).values<std::int64_t>()[4] == std::numeric_limits<std::int64_t>::max());
  CHECK(cast(x, 13).values<std::uint64_t>()[4] == std::numeric_limits<std::uint64_t>::max());
  CHECK(cast(x, 9).values<std::uint8_t>() == std::vector<std::uint8_t>{1, 1, 1, 1, 1, 1, 0});
  CHECK(cast(x, 11).values<double>()[0] == static_cast<double>(-1.9F));
  CHECK(cast(x, 9).type == DataType::boolean);

  const Operand large = fed<std::int64_t>({2}, {-1, 257});
  CHECK(cast(large, 2).values<std::uint8_t>() == std::vector<std::uint8_t>{255, 1});
  CHECK(cast(large, 5).values<std::int16_t>() == std::vector<std::int16_t>{-1, 257});
  CHECK(cast(large, 1).values<float>() == std::vector<float>{-1, 257});
  CHECK(contains(error_of("Cast", {large}, {{"to", std::int64_t{8}}}), "cannot cast to type 8"));
  CHECK(contains(error_of("Cast", {large}), "cannot cast to type 0"));
}

TEST_CASE("ops: float16 rounds half to even and survives the round trip") {
  using ops::Float16;
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    const Float16 half{static_cast<std::uint16_t>(bits)};
    const float value = ops::to_float(half);
    if (std::isnan(value)) {
      CHECK_FALSE(!std::isnan(ops::to_float(ops::to_float16(value))));
    } else if (ops::to_float16(value).bits != bits) {
      FAIL("bits ", bits, " became ", ops::to_float16(value).bits);
    }
  }
  CHECK(ops::to_float(Float16{0x0001}) == 0x1p-24F);
  CHECK(ops::to_float(Float16{0x7BFF}) == 65504.0F);
  CHECK(ops::to_float16(65519.99F).bits == 0x7BFF);
  CHECK(ops::to_float16(65520.0F).bits == 0x7C00);
  CHECK(ops::to_float16(-kInfinity).bits == 0xFC00);
  CHECK(ops::to_float16(1.0F + 0x1p-11F).bits == 0x3C00);             // a tie, down to even
  CHECK(ops::to_float16(1.0F + 0x3p-11F).bits == 0x3C02);             // a tie, up to even
  CHECK(ops::to_float16(1.0F + 0x1p-11F + 0x1p-23F).bits == 0x3C01);  // just above
  CHECK(ops::to_float16(0x1p-25F).bits == 0);                         // subnormal ties
  CHECK(ops::to_float16(0x3p-25F).bits == 2);
  CHECK(ops::to_float16(0x1p-14F - 0x1p-26F).bits == 0x0400);  // up into the normal range
}

TEST_CASE("ops: Softmax over any axis, and over all from an axis on") {
  const Shape shape{2, 3, 4, 5};
  const auto x = random_values(120, 9);
  struct Case {
    std::int64_t axis;
    std::size_t n, inner;
    bool flattened;
  };
  for (const Case& tested : {Case{-1, 5, 1, false}, Case{1, 3, 20, false}, Case{0, 2, 60, false},
                             Case{2, 4, 5, false}, Case{1, 60, 1, true}, Case{0, 120, 1, true}}) {
    CAPTURE(tested.axis);
    CAPTURE(tested.flattened);
    const std::size_t n = tested.n, inner = tested.inner;
    std::vector<float> expected(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t first = i / (n * inner) * n * inner + i % inner;
      double sum = 0;
      for (std::size_t k = 0; k < n; ++k)
        sum += std::exp(static_cast<double>(x[first + k * inner]));
      expected[i] = static_cast<float>(std::exp(static_cast<double>(x[i])) / sum);
    }
    Attributes attributes{{"axis", tested.axis}};
    if (tested.flattened) attributes["flattened"] = std::int64_t{1};
    const auto out = run_node("Softmax", {fed(shape, x)}, attributes);
    CHECK(largest_difference(out[0].values<float>(), expected) < 1e-6);
  }
  // Far from 0, where exponentials alone would overflow.
  for (const Shape& large : {Shape{1, 2}, Shape{2, 1}}) {
    const auto out = run_node("Softmax", {fed<float>(large, {1000, 1001})},
                              {{"axis", std::int64_t{large[0] == 1 ? 1 : 0}}});
    CHECK(out[0].values<float>()[1] == doctest::Approx(0.7310586));
  }
  CHECK(contains(error_of("Softmax", {fed(shape, x)}, {{"axis", std::int64_t{4}}}),
                 "axis 4 does not exist in 4 dimensions"));
}

TEST_CASE("ops: LayerNormalization over the dimensions from the axis on") {
  const Shape shape{4, 3, 5};
  auto x = random_values(60, 3);
  for (float& value : x) value = value * 2 + 100;
  for (const std::int64_t axis : {-1, 1}) {
    CAPTURE(axis);
    const std::size_t n = axis == 1 ? 15 : 5;
    const Shape tail = axis == 1 ? Shape{3, 5} : Shape{5};
    const auto scale = random_values(n, 4);
    const auto bias = random_values(n, 5);
    std::vector<float> expected(60);
    for (std::size_t row = 0; row < 60; row += n) {
      double mean = 0, variance = 0;
      for (std::size_t i = 0; i < n; ++i)
        mean += static_cast<double>(x[row + i]) / static_cast<double>(n);
      for (std::size_t i = 0; i < n; ++i) {
        variance += (x[row + i] - mean) * (x[row + i] - mean) / static_cast<double>(n);
      }
      for (std::size_t i = 0; i < n; ++i) {
        expected[row + i] = static_cast<float>(
            (x[row + i] - mean) / std::sqrt(variance + 0.01) * scale[i] + bias[i]);
      }
    }
    const Attributes attributes{{"axis", axis}, {"epsilon", 0.01F}};
    const auto out =
        run_node("LayerNormalization", {fed(shape, x), constant(tail, scale), constant(tail, bias)},
                 attributes);
    CHECK(largest_difference(out[0].values<float>(), expected) < 2e-4);
  }
  CHECK(contains(error_of("LayerNormalization", {fed(shape, x), constant<float>({3}, {1, 1, 1})}),
                 "expected the normalized dimensions, [5]"));
}

TEST_CASE("ops: BatchNormalization scales and shifts each channel") {
  const std::vector<float> scale{2, -1, 0.5F}, shift{1, 0, -1}, mean{0.5F, -2, 3},
      variance{4, 0.25F, 1};
  const auto parameters = [](const std::vector<float>& values) { return constant({3}, values); };
  for (const Shape& shape :
       {Shape{2, 3}, Shape{2, 3, 7}, Shape{2, 3, 4, 5}, Shape{1, 3, 2, 2, 3}}) {
    CAPTURE(to_string(shape));
    const auto x = random_values(element_count(shape), 6);
    const std::size_t inner = x.size() / (static_cast<std::size_t>(shape[0]) * 3);
    std::vector<float> expected;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t c = i / inner % 3;
      expected.push_back(static_cast<float>(
          (x[i] - mean[c]) / std::sqrt(variance[c] + 0.5) * scale[c] + shift[c]));
    }
    const auto out = run_node("BatchNormalization",
                              {fed(shape, x), parameters(scale), parameters(shift),
                               parameters(mean), parameters(variance)},
                              {{"epsilon", 0.5F}});
    CHECK(out[0].shape == shape);
    CHECK(largest_difference(out[0].values<float>(), expected) < 1e-5);
  }
  CHECK(contains(
      error_of("BatchNormalization", {fed<float>({1, 2}, {1, 2}), parameters(scale),
                                      parameters(shift), parameters(mean), parameters(variance)}),
      "scale has shape [3], expected [2]"));
}
