#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>

#include "tests/runtime/op_harness.hpp"
#include "tests/runtime/sample_models.hpp"

using namespace octavo;
using namespace octavo::test;

namespace {

using Ints = std::vector<std::int64_t>;

template <class T>
std::vector<T> counting(std::size_t count) {
  std::vector<T> values(count);
  std::iota(values.begin(), values.end(), T{0});
  return values;
}

Operand counted(Shape shape) {
  const std::size_t count = element_count(shape);
  return fed(std::move(shape), counting<float>(count));
}

Shape shape_of(std::string_view op, const std::vector<Operand>& operands,
               const Attributes& attributes = {}) {
  const auto out = run_node(op, operands, attributes);
  CHECK(out[0].bytes == operands[0].tensor.bytes);
  return out[0].shape;
}

/// Transposes by index arithmetic.
template <class T>
void check_transpose(const Shape& shape, const Ints& perm) {
  CAPTURE(to_string(shape));
  CAPTURE(to_string(Shape(perm)));
  const std::size_t rank = shape.size();
  Shape out(rank);
  for (std::size_t i = 0; i < rank; ++i) out[i] = shape[static_cast<std::size_t>(perm[i])];
  const auto x = counting<T>(element_count(shape));
  std::vector<T> expected;
  Ints index(rank);
  for (std::size_t i = 0; i < x.size(); ++i) {
    std::size_t rest = i;
    for (std::size_t d = rank; d-- > 0;) {
      const auto extent = static_cast<std::size_t>(out[d]);
      index[static_cast<std::size_t>(perm[d])] = static_cast<std::int64_t>(rest % extent);
      rest /= extent;
    }
    std::int64_t offset = 0;
    for (std::size_t d = 0; d < rank; ++d) offset = offset * shape[d] + index[d];
    expected.push_back(x[static_cast<std::size_t>(offset)]);
  }
  for (const std::size_t threads : {1U, 3U}) {
    const auto result = run_node("Transpose", {fed(shape, x)}, {{"perm", perm}}, 1, threads);
    CHECK(result[0].shape == out);
    CHECK(result[0].template values<T>() == expected);
  }
}

}  // namespace

TEST_CASE("ops: Reshape copies with 0 and fits with -1") {
  const Operand x = counted({2, 3, 4});
  const auto reshaped = [&](const Ints& to, bool allow_zero = false) {
    return shape_of("Reshape", {x, integers(to)}, {{"allowzero", std::int64_t{allow_zero}}});
  };
  CHECK(reshaped({4, 6}) == Shape{4, 6});
  CHECK(reshaped({0, -1}) == Shape{2, 12});
  CHECK(reshaped({-1}) == Shape{24});
  CHECK(shape_of("Reshape", {counted({1, 1}), integers({})}) == Shape{});
  CHECK(shape_of("Reshape", {counted({0, 3}), integers({3, 0})},
                 {{"allowzero", std::int64_t{1}}}) == Shape{3, 0});
  const auto error = [&](const Ints& to, const Attributes& attributes = {}) {
    return error_of("Reshape", {x, integers(to)}, attributes);
  };
  CHECK(contains(error({5, 5}),
                 "cannot reshape [2, 3, 4] to [5, 5]: the numbers of elements differ"));
  CHECK(contains(error({-1, -1}), "more than one dimension is -1"));
  CHECK(contains(error({-1, 5}), "no value of -1 fits"));
  CHECK(contains(error({-1, 0}, {{"allowzero", std::int64_t{1}}}), "no value of -1 fits"));
  CHECK(contains(error({2, 3, 4, 0}), "a 0 has no dimension to copy"));
  CHECK(contains(error({-2, 12}), "a dimension is negative"));
  CHECK(contains(error({std::int64_t{1} << 62, 1 << 30}), "cannot reshape"));
  CHECK(contains(error_of("Reshape", {x, fed<std::int64_t>({1}, {24})}), "shape ('operand1')"));
}

TEST_CASE("ops: Flatten, Squeeze, Unsqueeze and Identity keep the elements") {
  const Operand x = counted({1, 3, 1, 4});
  const auto flattened = [&](std::int64_t axis) {
    return shape_of("Flatten", {x}, {{"axis", axis}});
  };
  CHECK(flattened(0) == Shape{1, 12});
  CHECK(flattened(2) == Shape{3, 4});
  CHECK(flattened(4) == Shape{12, 1});
  CHECK(flattened(-1) == Shape{3, 4});
  CHECK(shape_of("Squeeze", {x}) == Shape{3, 4});
  CHECK(shape_of("Squeeze", {x, integers({-2})}) == Shape{1, 3, 4});
  CHECK(shape_of("Unsqueeze", {counted({3, 4}), integers({0, -1})}) == Shape{1, 3, 4, 1});
  CHECK(shape_of("Identity", {x}) == Shape{1, 3, 1, 4});
  CHECK(contains(error_of("Squeeze", {x, integers({1})}), "cannot squeeze dimension 1"));
  CHECK(contains(error_of("Squeeze", {x, integers({0, -4})}), "given twice"));
  CHECK(contains(error_of("Unsqueeze", {x, integers({6})}), "axis 6 does not exist"));
  CHECK(contains(error_of("Flatten", {x}, {{"axis", std::int64_t{5}}}), "axis 5 does not exist"));
}

TEST_CASE("ops: Transpose of every kind of plane") {
  for (const Ints& perm :
       {Ints{0, 1, 2}, Ints{0, 2, 1}, Ints{1, 0, 2}, Ints{1, 2, 0}, Ints{2, 0, 1}, Ints{2, 1, 0}}) {
    check_transpose<float>({3, 4, 5}, perm);
    check_transpose<std::uint8_t>({2, 7, 9}, perm);
    check_transpose<std::int64_t>({33, 16, 18}, perm);
  }
  check_transpose<float>({2, 3, 40, 50}, {0, 2, 3, 1});
  check_transpose<float>({2, 40, 50, 3}, {0, 3, 1, 2});
  check_transpose<float>({2, 48, 17, 33}, {0, 3, 2, 1});
  check_transpose<std::uint16_t>({4, 5, 6, 7}, {3, 1, 2, 0});
  check_transpose<float>({1, 5, 1, 6, 1}, {4, 3, 0, 1, 2});
  check_transpose<float>({2, 3, 2, 3, 2, 3}, {5, 3, 1, 4, 2, 0});
  check_transpose<float>({0, 3}, {1, 0});
  CHECK(run_node("Transpose", {counted({2, 3})})[0].shape == Shape{3, 2});  // reversed by default
  CHECK(contains(error_of("Transpose", {counted({2, 3})}, {{"perm", Ints{0, 0}}}),
                 "perm [0, 0] is no permutation of 2 dimensions"));
  CHECK(contains(error_of("Transpose", {counted({2, 3})}, {{"perm", Ints{0}}}), "no permutation"));
}

TEST_CASE("ops: Concat joins and Split takes apart again") {
  const Operand a = counted({2, 1, 3}), b = counted({2, 2, 3});
  const auto joined = run_node("Concat", {a, b}, {{"axis", std::int64_t{1}}});
  CHECK(joined[0].shape == Shape{2, 3, 3});
  CHECK(joined[0].values<float>() ==
        std::vector<float>{0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  const Operand whole{Operand::Kind::fed, joined[0]};
  const auto parts = run_node("Split", {whole, integers({1, 2})}, {{"axis", std::int64_t{-2}}}, 2);
  CHECK(parts[0].bytes == a.tensor.bytes);
  CHECK(parts[1].bytes == b.tensor.bytes);

  const auto uneven = run_node("Split", {counted({7})}, {{"num_outputs", std::int64_t{3}}}, 3);
  CHECK(uneven[1].values<float>() == std::vector<float>{3, 4, 5});
  CHECK(uneven[2].values<float>() == std::vector<float>{6});

  CHECK(contains(error_of("Concat", {a, counted({2, 2, 4})}, {{"axis", std::int64_t{1}}}),
                 "has shape [2, 2, 4], which differs from the first, [2, 1, 3], outside axis 1"));
  CHECK(contains(error_of("Concat", {a, b}), "attribute 'axis' is missing"));
  CHECK(contains(error_of("Concat", {a, fed<std::int64_t>({2, 1, 3}, {0, 1, 2, 3, 4, 5})},
                          {{"axis", std::int64_t{1}}}),
                 "expected float32"));
  CHECK(contains(error_of("Split", {counted({7})}, {}, 2), "into 2 equal parts"));
  CHECK(contains(error_of("Split", {counted({7}), integers({3, 3})}, {}, 2), "cannot split 7"));
  CHECK(contains(error_of("Split", {counted({7}), integers({8, -1})}, {}, 2), "cannot split 7"));
  CHECK(contains(error_of("Split", {counted({7})}, {{"num_outputs", std::int64_t{3}}}, 2),
                 "num_outputs is 3"));
}

TEST_CASE("ops: Gather picks along an axis") {
  const Operand x = counted({2, 3, 2});
  const auto rows =
      run_node("Gather", {x, constant<std::int64_t>({2, 1}, {2, -3})}, {{"axis", std::int64_t{1}}});
  CHECK(rows[0].shape == Shape{2, 2, 1, 2});
  CHECK(rows[0].values<float>() == std::vector<float>{4, 5, 0, 1, 10, 11, 6, 7});
  const auto scalar = run_node("Gather", {x, constant<std::int64_t>({}, {-1})});
  CHECK(scalar[0].shape == Shape{3, 2});
  CHECK(scalar[0].values<float>() == std::vector<float>{6, 7, 8, 9, 10, 11});
  CHECK(run_node("Gather", {x, constant<std::int32_t>({1}, {1})})[0].shape == Shape{1, 3, 2});
  CHECK(
      contains(error_of("Gather", {x, integers({2})}), "index 2 lies outside an axis of extent 2"));
  CHECK(contains(error_of("Gather", {x, integers({-3})}), "index -3 lies outside"));
}

TEST_CASE("ops: Slice clamps its bounds and steps both ways") {
  const Operand x = counted({3, 4});
  const auto slice = [&](const Ints& starts, const Ints& ends, const Ints& axes,
                         const Ints& steps) {
    return run_node("Slice",
                    {x, integers(starts), integers(ends), integers(axes), integers(steps)})[0];
  };
  constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
  CHECK(slice({1}, {3}, {1}, {1}).values<float>() == std::vector<float>{1, 2, 5, 6, 9, 10});
  CHECK(slice({-2}, {kHighest}, {0}, {1}).values<float>() ==
        std::vector<float>{4, 5, 6, 7, 8, 9, 10, 11});
  CHECK(slice({0, 0}, {3, 4}, {0, 1}, {2, 3}).values<float>() == std::vector<float>{0, 3, 8, 11});
  CHECK(slice({kHighest, -1}, {kLowest, 0}, {-2, -1}, {-1, -2}).values<float>() ==
        std::vector<float>{11, 9, 7, 5, 3, 1});
  CHECK(slice({0}, {kHighest}, {1}, {kHighest}).values<float>() == std::vector<float>{0, 4, 8});
  CHECK(slice({3}, {kLowest}, {1}, {kLowest}).values<float>() == std::vector<float>{3, 7, 11});
  CHECK(slice({2}, {1}, {0}, {1}).shape == Shape{0, 4});
  CHECK(run_node("Slice", {x, integers({1, 1}), integers({2, 2})})[0].values<float>() ==
        std::vector<float>{5});
  const auto error = [&](const Ints& axes, const Ints& steps) {
    return error_of("Slice",
                    {x, integers({0, 0}), integers({1, 1}), integers(axes), integers(steps)});
  };
  CHECK(contains(error({0, 1}, {1, 0}), "a step is 0"));
  CHECK(contains(error({0, -2}, {1, 1}), "an axis is given twice"));
  CHECK(contains(error({0, 2}, {1, 1}), "axis 2 does not exist"));
  CHECK(contains(error({0}, {1, 1}), "differ in length"));
}

TEST_CASE("ops: Expand repeats elements") {
  const auto out = run_node("Expand", {counted({3, 1}), integers({2, 1, 2})});
  CHECK(out[0].shape == Shape{2, 3, 2});
  CHECK(out[0].values<float>() == std::vector<float>{0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2});
  const auto bytes = run_node("Expand", {fed<std::uint8_t>({}, {7}), integers({3})});
  CHECK(bytes[0].values<std::uint8_t>() == std::vector<std::uint8_t>{7, 7, 7});
  CHECK(contains(error_of("Expand", {counted({3}), integers({2})}), "do not broadcast"));
}

TEST_CASE("ops: Pad in every mode, and cropping") {
  const auto pad = [](const Operand& x, const Ints& pads, const char* mode) {
    return run_node("Pad", {x, integers(pads)}, {{"mode", std::string(mode)}})[0].values<float>();
  };
  const Operand line = counted({4});
  CHECK(pad(line, {2, 1}, "constant") == std::vector<float>{0, 0, 0, 1, 2, 3, 0});
  CHECK(pad(line, {2, 1}, "edge") == std::vector<float>{0, 0, 0, 1, 2, 3, 3});
  CHECK(pad(line, {2, 1}, "reflect") == std::vector<float>{2, 1, 0, 1, 2, 3, 2});
  CHECK(pad(line, {2, 1}, "wrap") == std::vector<float>{2, 3, 0, 1, 2, 3, 0});
  CHECK(pad(line, {5, 0}, "reflect") == std::vector<float>{1, 2, 3, 2, 1, 0, 1, 2, 3});
  CHECK(pad(line, {-1, 1}, "constant") == std::vector<float>{1, 2, 3, 0});
  CHECK(pad(counted({2, 2}), {1, 0, 0, 1}, "constant") ==
        std::vector<float>{0, 0, 0, 0, 1, 0, 2, 3, 0});
  CHECK(pad(counted({2, 2}), {0, 0, 0, 0}, "constant") == std::vector<float>{0, 1, 2, 3});

  const auto filled = run_node("Pad", {fed<std::int64_t>({1, 2}, {1, 2}), integers({1, 0}),
                                       constant<std::int64_t>({}, {-9}), integers({-2})});
  CHECK(filled[0].values<std::int64_t>() == Ints{-9, -9, 1, 2});

  const auto error = [&](const Ints& pads, const char* mode) {
    return error_of("Pad", {line, integers(pads)}, {{"mode", std::string(mode)}});
  };
  CHECK(contains(error({1}, "constant"), "pads has 1 values, expected 2"));
  CHECK(contains(error({-3, -3}, "constant"), "cannot pad dimension 0 of [4] by -3 and -3"));
  CHECK(contains(error({std::numeric_limits<std::int64_t>::max(), 1}, "edge"), "at most 2^40"));
  CHECK(contains(error({1, 1}, "mirror"), "mode is 'mirror'"));
}

TEST_CASE("ops: Shape and ConstantOfShape") {
  const Operand x = counted({2, 3, 4});
  const auto dimensions = [&](const Attributes& attributes) {
    return run_node("Shape", {x}, attributes)[0].values<std::int64_t>();
  };
  CHECK(dimensions({}) == Ints{2, 3, 4});
  CHECK(dimensions({{"start", std::int64_t{-2}}}) == Ints{3, 4});
  CHECK(dimensions({{"start", std::int64_t{1}}, {"end", std::int64_t{-1}}}) == Ints{3});
  CHECK(dimensions({{"start", std::int64_t{2}}, {"end", std::int64_t{1}}}) == Ints{});
  CHECK(dimensions({{"start", std::numeric_limits<std::int64_t>::min()}}) == Ints{2, 3, 4});

  CHECK(run_node("ConstantOfShape", {integers({2, 2})})[0].values<float>() ==
        std::vector<float>(4, 0));
  CHECK(run_node("ConstantOfShape", {integers({2})}, {{"value", std::int64_t{5}}})[0]
            .values<std::int64_t>() == Ints{5, 5});
  CHECK(run_node("ConstantOfShape", {integers({})}, {{"value", 1.5F}})[0].values<float>() ==
        std::vector<float>{1.5F});
  CHECK(contains(error_of("ConstantOfShape", {integers({-1})}), "node 'tested' (ConstantOfShape)"));
  CHECK(contains(error_of("ConstantOfShape", {integers({1 << 30, 1 << 30})}), "(ConstantOfShape)"));
}
