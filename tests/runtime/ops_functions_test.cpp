#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include "tests/runtime/op_harness.hpp"
#include "tests/runtime/sample_models.hpp"

using namespace octavo;
using namespace octavo::test;

namespace {

using Function = std::function<double(double)>;

/// Compares on values from -range to range, past one SIMD width and with a tail.
void check(std::string_view op, double range, const Function& f, const Attributes& attributes = {},
           double shift = 0.0) {
  CAPTURE(op);
  std::vector<float> x = random_values(77, 5);
  for (float& value : x) value = static_cast<float>(value * range + shift);
  std::vector<float> expected;
  for (const float value : x) expected.push_back(static_cast<float>(f(value)));
  const auto out = run_node(op, {fed({7, 11}, x)}, attributes);
  CHECK(out[0].shape == Shape{7, 11});
  CHECK(largest_difference(out[0].values<float>(), expected) < 1e-4 * std::max(range, 1.0));
}

double softplus(double x) {
  return std::log1p(std::exp(x));
}

std::vector<bool> truths(const HostTensor& tensor) {
  std::vector<bool> result;
  for (const std::byte byte : tensor.bytes) result.push_back(byte != std::byte{0});
  return result;
}

}  // namespace

TEST_CASE("ops: functions from the C++ library") {
  check("Acos", 0.9, [](double x) { return std::acos(x); });
  check(
      "Acosh", 0.9, [](double x) { return std::acosh(x); }, {}, 2.0);
  check("Asin", 0.9, [](double x) { return std::asin(x); });
  check("Asinh", 5, [](double x) { return std::asinh(x); });
  check("Atan", 5, [](double x) { return std::atan(x); });
  check("Atanh", 0.9, [](double x) { return std::atanh(x); });
  check("Ceil", 5, [](double x) { return std::ceil(x); });
  check("Cos", 5, [](double x) { return std::cos(x); });
  check("Cosh", 3, [](double x) { return std::cosh(x); });
  check("Erf", 3, [](double x) { return std::erf(x); });
  check("Floor", 5, [](double x) { return std::floor(x); });
  check(
      "Log", 0.9, [](double x) { return std::log(x); }, {}, 1.0);
  check(
      "Reciprocal", 0.5, [](double x) { return 1 / x; }, {}, 1.0);
  check("Sin", 5, [](double x) { return std::sin(x); });
  check("Sinh", 3, [](double x) { return std::sinh(x); });
  check("Tan", 1, [](double x) { return std::tan(x); });
  CHECK(run_node("Round", {fed<float>({5}, {0.5F, 1.5F, -0.5F, -2.5F, 2.6F})})[0].values<float>() ==
        std::vector<float>{0, 2, 0, -2, 3});
  CHECK(run_node("Sign", {fed<float>({3}, {-2, 0, 7})})[0].values<float>() ==
        std::vector<float>{-1, 0, 1});
}

TEST_CASE("ops: activations with their parameters") {
  check("Celu", 4, [](double x) { return std::max(0.0, x) + std::min(0.0, 2 * std::expm1(x / 2)); },
        {{"alpha", 2.0F}});
  check("Elu", 4, [](double x) { return x < 0 ? 0.5 * std::expm1(x) : x; }, {{"alpha", 0.5F}});
  check("Gelu", 4, [](double x) { return x * 0.5 * (1 + std::erf(x / std::sqrt(2.0))); });
  check("Gelu", 4,
        [](double x) {
          return 0.5 * x *
                 (1 + std::tanh(std::sqrt(2 / 3.14159265358979) * (x + 0.044715 * x * x * x)));
        },
        {{"approximate", std::string("tanh")}});
  check("Mish", 4, [](double x) { return x * std::tanh(softplus(x)); });
  check("Selu", 4, [](double x) {
    return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * std::expm1(x));
  });
  check("Shrink", 4, [](double x) { return x < -1  ? x + 0.5
                                           : x > 1 ? x - 0.5
                                                   : 0.0; },
        {{"bias", 0.5F}, {"lambd", 1.0F}});
  check("Softplus", 4, softplus);
  check("Softsign", 4, [](double x) { return x / (1 + std::abs(x)); });
  check("Swish", 4, [](double x) { return x / (1 + std::exp(-x)); });
  check("Swish", 4, [](double x) { return x / (1 + std::exp(-2 * x)); }, {{"alpha", 2.0F}});
  check("ThresholdedRelu", 4, [](double x) { return x > 1.5 ? x : 0.0; }, {{"alpha", 1.5F}});
  const auto large = run_node("Softplus", {fed<float>({2}, {1000.0F, -1000.0F})});
  CHECK(large[0].values<float>() == std::vector<float>{1000.0F, 0.0F});
  CHECK(contains(error_of("Gelu", {fed<float>({1}, {1})}, {{"approximate", std::string("x")}}),
                 "approximate is 'x'"));
}

TEST_CASE("ops: comparisons and logic broadcast") {
  const Operand x = fed<std::int32_t>({2, 1}, {1, 2});
  const Operand y = fed<std::int32_t>({3}, {1, 2, 3});
  const auto compare = [&](std::string_view op) { return truths(run_node(op, {x, y})[0]); };
  CHECK(compare("Equal") == std::vector<bool>{true, false, false, false, true, false});
  CHECK(compare("Less") == std::vector<bool>{false, true, true, false, false, true});
  CHECK(compare("LessOrEqual") == std::vector<bool>{true, true, true, false, true, true});
  CHECK(compare("Greater") == std::vector<bool>{false, false, false, true, false, false});
  CHECK(compare("GreaterOrEqual") == std::vector<bool>{true, false, false, true, true, false});
  const auto boolean = [](Shape shape, const std::vector<std::uint8_t>& values) {
    return Operand{Operand::Kind::fed, host_tensor(std::move(shape), values, DataType::boolean)};
  };
  const Operand a = boolean({2, 1}, {0, 1});
  const Operand b = boolean({2}, {0, 1});
  CHECK(truths(run_node("And", {a, b})[0]) == std::vector<bool>{false, false, false, true});
  CHECK(truths(run_node("Or", {a, b})[0]) == std::vector<bool>{false, true, true, true});
  CHECK(truths(run_node("Xor", {a, b})[0]) == std::vector<bool>{false, true, true, false});
  CHECK(truths(run_node("Not", {a})[0]) == std::vector<bool>{true, false});
  const auto chosen = run_node("Where", {a, y, x});
  CHECK(chosen[0].shape == Shape{2, 3});
  CHECK(chosen[0].values<std::int32_t>() == std::vector<std::int32_t>{1, 1, 1, 1, 2, 3});
  CHECK(contains(error_of("And", {x, y}), "expected boolean"));
  CHECK(contains(error_of("Less", {x, fed<float>({1}, {1})}), "expected int32"));
  CHECK(contains(error_of("Where", {a, x, fed<float>({1}, {1})}), "expected int32"));

  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const Operand special = fed<float>({4}, {kInfinity, -kInfinity, std::nanf(""), 1});
  CHECK(truths(run_node("IsNaN", {special})[0]) == std::vector<bool>{false, false, true, false});
  CHECK(truths(run_node("IsInf", {special}, {{"detect_negative", std::int64_t{0}}})[0]) ==
        std::vector<bool>{true, false, false, false});
}

TEST_CASE("ops: Pow, Mod and PRelu") {
  const Operand base = fed<float>({3}, {-2, 0.5F, 3});
  CHECK(run_node("Pow", {base, fed<std::int64_t>({1}, {2})})[0].values<float>() ==
        std::vector<float>{4, 0.25F, 9});
  CHECK(run_node("Pow", {fed<std::int32_t>({3}, {2, -3, 7}), fed<float>({}, {3})})[0]
            .values<std::int32_t>() == std::vector<std::int32_t>{8, -27, 343});
  const Operand x = fed<std::int8_t>({5}, {-128, 7, -7, 7, 5});
  const Operand y = fed<std::int8_t>({5}, {-1, 3, 3, -3, 0});
  CHECK(run_node("Mod", {x, y})[0].values<std::int8_t>() ==
        std::vector<std::int8_t>{0, 1, 2, -2, 0});
  CHECK(run_node("Mod", {x, y}, {{"fmod", std::int64_t{1}}})[0].values<std::int8_t>() ==
        std::vector<std::int8_t>{0, 1, -1, 1, 0});
  CHECK(contains(error_of("Mod", {base, base}), "fmod is 0"));
  CHECK(run_node("PRelu",
                 {fed<float>({2, 2}, {-1, 2, -3, -4}), constant<float>({2, 1}, {0.5F, 2})})[0]
            .values<float>() == std::vector<float>{-0.5F, 2, -6, -8});
  CHECK(contains(error_of("PRelu", {base, fed<float>({2, 1}, {1, 1})}), "slope has shape"));
}

TEST_CASE("ops: float16 and float64 are computed in float32") {
  const auto doubles = run_node("Add", {fed<double>({2}, {1.5, 2.5}), fed<double>({1}, {0.25})});
  CHECK(doubles[0].type == DataType::float64);
  CHECK(doubles[0].values<double>() == std::vector<double>{1.75, 2.75});
  const std::vector<std::uint16_t> halves{0x3C00, 0xC000};  // 1 and -2
  const Operand half{Operand::Kind::fed, host_tensor({2}, halves, DataType::float16)};
  const auto relu = run_node("Relu", {half});
  CHECK(relu[0].type == DataType::float16);
  CHECK(relu[0].values<std::uint16_t>() == std::vector<std::uint16_t>{0x3C00, 0});
  CHECK(truths(run_node("Less", {half, half})[0]) == std::vector<bool>{false, false});
  CHECK(contains(error_of("Add", {half, fed<std::int32_t>({1}, {1})}), "expected float32"));
}
