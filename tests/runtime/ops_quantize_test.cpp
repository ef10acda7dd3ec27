#include <cmath>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "tests/runtime/op_harness.hpp"
#include "tests/support/random.hpp"

using namespace octavo;
using namespace octavo::test;

namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;
using Bytes = std::vector<std::uint8_t>;
using Signed = std::vector<std::int8_t>;

template <class T>
std::vector<T> levels(std::size_t count, std::uint64_t seed, int low, int high) {
  Random random(seed);
  std::vector<T> values(count);
  for (T& value : values) value = static_cast<T>(random.between(low, high));
  return values;
}

}  // namespace

TEST_CASE("ops: QuantizeLinear rounds half to even and saturates") {
  const Operand x = fed<float>({6}, {-1, 0.5F, 1.5F, 2.5F, 300, -300});
  const auto bytes =
      run_node("QuantizeLinear", {x, fed<float>({}, {1}), fed<std::uint8_t>({}, {10})});
  CHECK(bytes[0].values<std::uint8_t>() == Bytes{9, 10, 12, 12, 255, 0});
  const auto small =
      run_node("QuantizeLinear", {x, fed<float>({}, {2})}, {{"output_dtype", std::int64_t{3}}});
  CHECK(small[0].values<std::int8_t>() == Signed{0, 0, 1, 1, 127, -128});
  const auto by_axis =
      run_node("QuantizeLinear", {fed<float>({2, 2}, {2, 4, 2, 4}), fed<float>({2}, {1, 2})},
               {{"axis", std::int64_t{0}}});
  CHECK(by_axis[0].values<std::uint8_t>() == Bytes{2, 4, 1, 2});
  const auto blocked = run_node("DequantizeLinear",
                                {fed<std::uint8_t>({1, 3}, {1, 2, 3}),
                                 fed<float>({1, 2}, {10, 100}), fed<std::uint8_t>({1, 2}, {1, 2})},
                                {{"axis", std::int64_t{1}}, {"block_size", std::int64_t{2}}});
  CHECK(blocked[0].values<float>() == Floats{0, 10, 100});
  CHECK(contains(
      error_of("QuantizeLinear", {x, fed<float>({2}, {1, 1})}, {{"axis", std::int64_t{0}}}),
      "the scale has shape [2], expected one element or [6]"));
  CHECK(contains(
      error_of("QuantizeLinear", {x, fed<float>({}, {1})}, {{"output_dtype", std::int64_t{17}}}),
      "quantizes to type 17"));
}

TEST_CASE("ops: DynamicQuantizeLinear widens the range to hold 0") {
  const auto out = run_node("DynamicQuantizeLinear", {fed<float>({3}, {1, 2, 5.1F})}, {}, 3);
  CHECK(out[1].values<float>()[0] == doctest::Approx(0.02));
  CHECK(out[2].values<std::uint8_t>() == Bytes{0});
  CHECK(out[0].values<std::uint8_t>() == Bytes{50, 100, 255});
  CHECK(contains(error_of("DynamicQuantizeLinear", {fed<float>({1}, {std::nanf("")})}, {}, 3),
                 "input 'operand0' holds NaN or infinity"));
}

TEST_CASE("ops: integer matrix products are exact") {
  constexpr std::size_t kM = 3, kK = 19, kN = 17;
  const auto a = levels<std::uint8_t>(kM * kK, 1, 0, 255);
  const auto b = levels<std::int8_t>(kK * kN, 2, -128, 127);
  const auto b_zero = levels<std::int8_t>(kN, 3, -128, 127);
  const auto result = run_node("MatMulInteger", {fed({kM, kK}, a), fed({kK, kN}, b),
                                                 fed<std::uint8_t>({}, {77}), fed({kN}, b_zero)});
  const auto sums = result[0].values<std::int32_t>();
  for (std::size_t i = 0; i < kM * kN; ++i) {
    std::int32_t sum = 0;
    for (std::size_t k = 0; k < kK; ++k) {
      sum += (a[i / kN * kK + k] - 77) * (b[k * kN + i % kN] - b_zero[i % kN]);
    }
    CHECK(sums[i] == sum);
  }
  const auto quantized =
      run_node("QLinearMatMul", {fed<std::uint8_t>({1, 2}, {3, 5}), fed<float>({}, {0.5F}),
                                 fed<std::uint8_t>({}, {1}), fed<std::int8_t>({2, 1}, {7, -2}),
                                 fed<float>({}, {0.5F}), fed<std::int8_t>({}, {0}),
                                 fed<float>({}, {0.25F}), fed<std::int8_t>({}, {100})});
  CHECK(quantized[0].values<std::int8_t>() == Signed{106});  // 2 * 7 - 4 * 2 = 6, times 1
  CHECK(contains(error_of("MatMulInteger", {fed({kM, kK}, a), fed({kM, kK}, a)}),
                 "cannot multiply [3, 19] by [3, 19]"));
  CHECK(contains(error_of("MatMulInteger",
                          {fed({kM, kK}, a), fed({kK, kN}, b), fed<std::uint8_t>({2}, {1, 2})}),
                 "expected one element or 3"));
}

TEST_CASE("ops: integer convolutions pad with the zero point") {
  const Operand x = fed<std::uint8_t>({1, 1, 1, 3}, {10, 12, 14});
  const Operand w = constant<std::int8_t>({1, 1, 1, 3}, {1, 2, 3});
  const Attributes padded{{"pads", Ints{0, 1, 0, 1}}};
  const auto sums = run_node("ConvInteger", {x, w, fed<std::uint8_t>({}, {10})}, padded);
  CHECK(sums[0].values<std::int32_t>() == std::vector<std::int32_t>{6, 16, 10});
  const auto levels =
      run_node("QLinearConv",
               {x, fed<float>({}, {1}), fed<std::uint8_t>({}, {10}), w, fed<float>({}, {0.5F}),
                constant<std::int8_t>({}, {0}), fed<float>({}, {2}), fed<std::uint8_t>({}, {3}),
                constant<std::int32_t>({1}, {2})},
               padded);
  CHECK(levels[0].values<std::uint8_t>() == Bytes{5, 7, 6});  // (sum + 2) / 4 + 3: 2, 4.5, 3
  CHECK(contains(error_of("ConvInteger", {x, constant<std::int8_t>({1, 2, 1, 1}, {1, 2})}),
                 "do not fit together"));
}
