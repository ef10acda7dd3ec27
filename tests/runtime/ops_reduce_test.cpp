#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include "tests/runtime/op_harness.hpp"
#include "tests/runtime/sample_models.hpp"

using namespace octavo;
using namespace octavo::test;

namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

const Operand kMatrix = fed<float>({2, 3}, {1, -2, 3, -4, 5, 6});

Floats reduce(std::string_view op, const Ints& axes, const Attributes& attributes = {}) {
  return run_node(op, {kMatrix, integers(axes)}, attributes)[0].values<float>();
}

}  // namespace

TEST_CASE("ops: reductions along any axes") {
  CHECK(reduce("ReduceSum", {0}) == Floats{-3, 3, 9});
  CHECK(reduce("ReduceSum", {-1}) == Floats{2, 7});
  CHECK(reduce("ReduceMean", {1, 0}) == Floats{1.5F});
  CHECK(reduce("ReduceMax", {1}) == Floats{3, 6});
  CHECK(reduce("ReduceMin", {1}) == Floats{-2, -4});
  CHECK(reduce("ReduceProd", {1}) == Floats{-6, -120});
  CHECK(reduce("ReduceL1", {1}) == Floats{6, 15});
  CHECK(reduce("ReduceSumSquare", {1}) == Floats{14, 77});
  CHECK(largest_difference(reduce("ReduceL2", {1}), {std::sqrt(14.0F), std::sqrt(77.0F)}) < 1e-6);
  CHECK(largest_difference(reduce("ReduceLogSum", {1}), {std::log(2.0F), std::log(7.0F)}) < 1e-6);
  const auto large = run_node("ReduceLogSumExp", {fed<float>({2}, {1000, 1000})});
  CHECK(large[0].values<float>()[0] == doctest::Approx(1000.6931472));
  CHECK(run_node("ReduceSum", {kMatrix})[0].shape == Shape{1, 1});
  CHECK(run_node("ReduceSum", {kMatrix}, {{"keepdims", std::int64_t{0}}})[0].shape == Shape{});
  const auto kept =
      run_node("ReduceSum", {kMatrix, integers({})}, {{"noop_with_empty_axes", std::int64_t{1}}});
  CHECK(kept[0].bytes == kMatrix.tensor.bytes);
  CHECK(run_node("ReduceMax", {fed<std::int8_t>({3}, {-7, 5, 2})})[0].values<std::int8_t>() ==
        std::vector<std::int8_t>{5});
  CHECK(run_node("ReduceSum", {fed<std::int32_t>({2}, {1 << 30, 1 << 30})})[0]
            .values<std::int32_t>()[0] == std::numeric_limits<std::int32_t>::min());
  CHECK(contains(error_of("ReduceSum", {kMatrix, integers({2})}), "axis 2 does not exist"));
  CHECK(contains(error_of("ReduceSum", {kMatrix, integers({1, -1})}), "given twice"));
  CHECK(contains(error_of("ReduceSum", {kMatrix, fed<std::int64_t>({1}, {0})}),
                 "must be known beforehand"));
}

TEST_CASE("ops: reductions of nothing, and of threads") {
  const Operand empty = fed<float>({2, 0, 3}, {});
  const auto of_nothing = [&](std::string_view op) {
    return run_node(op, {empty, integers({1})})[0].values<float>();
  };
  CHECK(of_nothing("ReduceSum") == Floats(6, 0.0F));
  CHECK(of_nothing("ReduceProd") == Floats(6, 1.0F));
  CHECK(of_nothing("ReduceMax") == Floats(6, -std::numeric_limits<float>::infinity()));
  const Operand many = fed({500, 7, 41}, random_values(std::size_t{500} * 7 * 41, 3));
  CHECK(run_node("ReduceMean", {many, integers({1})}, {}, 1, 3)[0].bytes ==
        run_node("ReduceMean", {many, integers({1})})[0].bytes);
}

TEST_CASE("ops: ArgMax and ArgMin choose the first or the last") {
  const Operand x = fed<float>({2, 3}, {1, 3, 3, 2, 2, 0});
  const auto arg = [&](std::string_view op, std::int64_t axis, bool last) {
    return run_node(op, {x}, {{"axis", axis}, {"select_last_index", std::int64_t{last}}})[0]
        .values<std::int64_t>();
  };
  CHECK(arg("ArgMax", 1, false) == Ints{1, 0});
  CHECK(arg("ArgMax", 1, true) == Ints{2, 1});
  CHECK(arg("ArgMin", 0, false) == Ints{0, 1, 1});
  CHECK(run_node("ArgMax", {x}, {{"keepdims", std::int64_t{0}}})[0].shape == Shape{3});
  CHECK(contains(error_of("ArgMax", {fed<float>({0}, {})}), "no elements along axis 0"));
}

TEST_CASE("ops: TopK and CumSum") {
  const Operand x = fed<float>({2, 4}, {1, 4, 4, 2, 0, -1, 5, 3});
  const auto top = run_node("TopK", {x, integers({2})}, {}, 2);
  CHECK(top[0].values<float>() == Floats{4, 4, 5, 3});
  CHECK(top[1].values<std::int64_t>() == Ints{1, 2, 2, 3});
  const auto lowest = run_node("TopK", {x, integers({1})},
                               {{"largest", std::int64_t{0}}, {"axis", std::int64_t{0}}}, 2);
  CHECK(lowest[0].values<float>() == Floats{0, -1, 4, 2});
  CHECK(lowest[1].values<std::int64_t>() == Ints{1, 1, 0, 0});
  CHECK(contains(error_of("TopK", {x, integers({5})}, {}, 2), "expected one number from 0 to 4"));
  CHECK(contains(error_of("TopK", {x, integers({-1})}, {}, 2), "expected one number"));

  const auto sums = [&](std::int64_t exclusive, std::int64_t reverse) {
    return run_node("CumSum", {fed<float>({3}, {1, 2, 3}), integers({0})},
                    {{"exclusive", exclusive}, {"reverse", reverse}})[0]
        .values<float>();
  };
  CHECK(sums(0, 0) == Floats{1, 3, 6});
  CHECK(sums(1, 0) == Floats{0, 1, 3});
  CHECK(sums(0, 1) == Floats{6, 5, 3});
  CHECK(sums(1, 1) == Floats{5, 3, 0});
}

TEST_CASE("ops: LogSoftmax and Hardmax") {
  const Operand x = fed<float>({2, 2}, {1000, 1001, 3, 3});
  const auto out = run_node("LogSoftmax", {x})[0].values<float>();
  CHECK(out[0] == doctest::Approx(-1.31326169));
  CHECK(out[1] == doctest::Approx(-0.31326169));
  CHECK(out[2] == doctest::Approx(-std::log(2.0)));
  CHECK(run_node("Hardmax", {x})[0].values<float>() == Floats{0, 1, 1, 0});
  CHECK(run_node("Hardmax", {x}, {{"axis", std::int64_t{0}}})[0].values<float>() ==
        Floats{1, 1, 0, 0});
}
