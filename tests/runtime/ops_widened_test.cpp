#include <cstdint>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include "tests/runtime/op_harness.hpp"

using namespace octavo;
using namespace octavo::test;

/// Integers narrower than the type in which they are computed give what their own type would.

namespace {

template <class T>
std::vector<T> result(std::string_view op, const std::vector<Operand>& operands,
                      const Attributes& attributes = {}) {
  return run_node(op, operands, attributes)[0].template values<T>();
}

/// The results of arithmetic at both ends of T, as two's complement defines them.
template <class T>
void check_arithmetic() {
  using Limits = std::numeric_limits<T>;
  const auto wrapped = [](std::uint64_t value) { return static_cast<T>(value); };
  const T low = Limits::lowest();
  const T high = Limits::max();
  const auto ulow = static_cast<std::uint64_t>(low);
  const auto uhigh = static_cast<std::uint64_t>(high);
  CAPTURE(sizeof(T));
  CAPTURE(Limits::is_signed);
  const Operand x = fed<T>({4}, {low, high, 7, 0});
  const Operand y = fed<T>({4}, {static_cast<T>(3), high, 0, static_cast<T>(5)});
  CHECK(result<T>("Add", {x, y}) ==
        std::vector<T>{wrapped(ulow + 3), wrapped(uhigh + uhigh), 7, 5});
  CHECK(result<T>("Sub", {x, y}) == std::vector<T>{wrapped(ulow - 3), 0, 7, wrapped(0 - 5ULL)});
  CHECK(result<T>("Mul", {x, y}) ==
        std::vector<T>{wrapped(ulow * 3), wrapped(uhigh * uhigh), 0, 0});
  CHECK(result<T>("Div", {x, y}) == std::vector<T>{static_cast<T>(low / 3), 1, 0, 0});
  CHECK(result<T>("Max", {x, y}) == std::vector<T>{3, high, 7, 5});
  CHECK(result<T>("Min", {x, y}) == std::vector<T>{low, high, 0, 0});
  CHECK(result<T>("Max", {x}) == std::vector<T>{low, high, 7, 0});
  CHECK(result<T>("Neg", {x}) ==
        std::vector<T>{wrapped(0 - ulow), wrapped(0 - uhigh), wrapped(0 - 7ULL), 0});
  CHECK(result<T>("Clip", {x, fed<T>({}, {1}), absent()}) == std::vector<T>{1, high, 7, 1});
  CHECK(result<T>("Clip", {x, absent(), fed<T>({}, {1})}) == std::vector<T>{low, 1, 1, 0});
  CHECK(result<std::uint8_t>("Less", {x, y}) == std::vector<std::uint8_t>{1, 0, 0, 1});
  CHECK(result<std::uint8_t>("Equal", {x, y}) == std::vector<std::uint8_t>{0, 1, 0, 0});
}

/// Reductions and orders at both ends of T.
template <class T>
void check_along_axes() {
  using Limits = std::numeric_limits<T>;
  const T low = Limits::lowest();
  const T high = Limits::max();
  CAPTURE(sizeof(T));
  CAPTURE(Limits::is_signed);
  const Operand x = fed<T>({3}, {5, high, low});
  CHECK(result<T>("ReduceMax", {x}) == std::vector<T>{high});
  CHECK(result<T>("ReduceMin", {x}) == std::vector<T>{low});
  CHECK(result<T>("ReduceMax", {fed<T>({0}, {})}) == std::vector<T>{low});
  CHECK(result<T>("ReduceMin", {fed<T>({0}, {})}) == std::vector<T>{high});
  CHECK(result<T>("ReduceL2", {fed<T>({2}, {120, 50})}) ==
        std::vector<T>{sizeof(T) == 1 && Limits::is_signed ? high : static_cast<T>(130)});
  CHECK(result<T>("ReduceProd", {fed<T>({2}, {high, high})}) == std::vector<T>{1});
  CHECK(result<T>("CumSum", {fed<T>({3}, {high, 1, 2}), integers({0})}) ==
        std::vector<T>{high, low, static_cast<T>(low + 2)});
  CHECK(result<std::int64_t>("ArgMax", {x}) == std::vector<std::int64_t>{1});
  CHECK(result<std::int64_t>("ArgMin", {x}) == std::vector<std::int64_t>{2});
  const auto top = run_node("TopK", {x, integers({2})}, {}, 2);
  CHECK(top[0].template values<T>() == std::vector<T>{high, 5});
  CHECK(top[1].template values<std::int64_t>() == std::vector<std::int64_t>{1, 0});
}

/// Scattered data and indices: only the former are computed in another type.
template <class T>
void check_scatter() {
  CAPTURE(sizeof(T));
  const T high = std::numeric_limits<T>::max();
  const T wrapped = static_cast<T>(static_cast<std::uint64_t>(high) + 2);
  const Operand data = fed<T>({3}, {1, high, 3});
  const Operand updates = fed<T>({2}, {2, 9});
  const Attributes add{{"reduction", std::string("add")}};
  CHECK(result<T>("ScatterElements", {data, fed<std::int32_t>({2}, {1, 0}), updates}, add) ==
        std::vector<T>{10, wrapped, 3});
  CHECK(result<T>("ScatterND", {data, fed<std::int32_t>({2, 1}, {1, 0}), updates}, add) ==
        std::vector<T>{10, wrapped, 3});
}

template <template <class> class Check>
void for_integers() {
  Check<std::int8_t>{}();
  Check<std::uint8_t>{}();
  Check<std::int16_t>{}();
  Check<std::uint16_t>{}();
  Check<std::int32_t>{}();
  Check<std::uint32_t>{}();
  Check<std::int64_t>{}();
  Check<std::uint64_t>{}();
}

template <class T>
struct Arithmetic {
  void operator()() const { check_arithmetic<T>(); }
};
template <class T>
struct AlongAxes {
  void operator()() const { check_along_axes<T>(); }
};
template <class T>
struct Scatter {
  void operator()() const { check_scatter<T>(); }
};

}  // namespace

TEST_CASE("ops: arithmetic of every integer type") {
  for_integers<Arithmetic>();
  CHECK(result<std::int8_t>("Div", {fed<std::int8_t>({1}, {-128}), fed<std::int8_t>({1}, {-1})}) ==
        std::vector<std::int8_t>{-128});
}

TEST_CASE("ops: reductions and orders of every integer type") {
  for_integers<AlongAxes>();
}

TEST_CASE("ops: scattering of every integer type") {
  for_integers<Scatter>();
}

TEST_CASE("ops: positions as every integer type") {
  const Operand depth = integers({3});
  const Operand values = fed<std::int32_t>({2}, {7, 9});
  const std::vector<std::int32_t> expected{7, 7, 9, 9, 7, 7};
  CHECK(result<std::int32_t>("OneHot", {fed<std::int8_t>({2}, {-1, 0}), depth, values}) ==
        expected);
  CHECK(result<std::int32_t>("OneHot", {fed<std::int32_t>({2}, {2, -3}), depth, values}) ==
        expected);
  CHECK(result<std::int32_t>("OneHot", {fed<float>({2}, {2, 0}), depth, values}) == expected);
}

TEST_CASE("ops: filling with every type") {
  const auto filled = [](std::int64_t type) {
    return run_node("ConstantOfShape", {integers({2})},
                    {{"dtype", type}, {"value", std::int64_t{-1}}})[0];
  };
  CHECK(filled(3).values<std::int8_t>() == std::vector<std::int8_t>{-1, -1});
  CHECK(filled(4).values<std::uint16_t>() == std::vector<std::uint16_t>{65535, 65535});
  CHECK(filled(13).values<std::uint64_t>() == std::vector<std::uint64_t>(2, ~0ULL));
  CHECK(filled(9).values<std::uint8_t>() == std::vector<std::uint8_t>{1, 1});
  const auto eye = run_node("EyeLike", {fed<std::int16_t>({2, 3}, {1, 2, 3, 4, 5, 6})},
                            {{"k", std::int64_t{1}}})[0];
  CHECK(eye.values<std::int16_t>() == std::vector<std::int16_t>{0, 1, 0, 0, 0, 1});
}
