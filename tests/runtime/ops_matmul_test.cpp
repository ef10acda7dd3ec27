#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "tests/runtime/op_harness.hpp"
#include "tests/runtime/sample_models.hpp"

using namespace octavo;
using namespace octavo::test;

namespace {

/// Rows of a by columns of b, added up in double.
std::vector<float> product(const float* a, const float* b, std::size_t rows, std::size_t depth,
                           std::size_t columns) {
  std::vector<float> out;
  for (std::size_t m = 0; m < rows; ++m) {
    for (std::size_t n = 0; n < columns; ++n) {
      double sum = 0;
      for (std::size_t k = 0; k < depth; ++k) {
        sum += static_cast<double>(a[m * depth + k]) * static_cast<double>(b[k * columns + n]);
      }
      out.push_back(static_cast<float>(sum));
    }
  }
  return out;
}

std::vector<float> transposed(const std::vector<float>& x, std::size_t rows, std::size_t columns) {
  std::vector<float> out;
  for (std::size_t n = 0; n < columns; ++n) {
    for (std::size_t m = 0; m < rows; ++m) out.push_back(x[m * columns + n]);
  }
  return out;
}

}  // namespace

TEST_CASE("ops: MatMul of matrices and vectors") {
  struct Case {
    Shape a, b, out;
    std::size_t rows, depth, columns;
  };
  for (const Case& tested :
       {Case{{3, 4}, {4, 5}, {3, 5}, 3, 4, 5}, Case{{1, 1}, {1, 1}, {1, 1}, 1, 1, 1},
        Case{{7, 33}, {33, 17}, {7, 17}, 7, 33, 17}, Case{{4}, {4, 5}, {5}, 1, 4, 5},
        Case{{3, 4}, {4}, {3}, 3, 4, 1}, Case{{4}, {4}, {}, 1, 4, 1},
        Case{{2, 3, 4}, {4, 16}, {2, 3, 16}, 6, 4, 16},
        Case{{130, 70}, {70, 90}, {130, 90}, 130, 70, 90}, Case{{3, 0}, {0, 2}, {3, 2}, 3, 0, 2}}) {
    const Shape &a_shape = tested.a, &b_shape = tested.b;
    CAPTURE(to_string(a_shape));
    CAPTURE(to_string(b_shape));
    const auto a = random_values(element_count(a_shape), 1);
    const auto b = random_values(element_count(b_shape), 2);
    const auto expected = product(a.data(), b.data(), tested.rows, tested.depth, tested.columns);
    for (const std::size_t threads : {1U, 3U}) {
      const auto out = run_node("MatMul", {fed(a_shape, a), fed(b_shape, b)}, {}, 1, threads);
      CHECK(out[0].shape == tested.out);
      CHECK(largest_difference(out[0].values<float>(), expected) < 1e-5);
    }
  }
}

TEST_CASE("ops: MatMul broadcasts batches") {
  const std::size_t rows = 3, depth = 4, columns = 5;
  const auto a = random_values(2 * rows * depth, 1);     // [2, 1, 3, 4]
  const auto b = random_values(3 * depth * columns, 2);  // [3, 4, 5]
  std::vector<float> expected;
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      const auto part =
          product(&a[i * rows * depth], &b[j * depth * columns], rows, depth, columns);
      expected.insert(expected.end(), part.begin(), part.end());
    }
  }
  for (const std::size_t threads : {1U, 4U, 8U}) {
    CAPTURE(threads);
    const auto out = run_node("MatMul", {fed({2, 1, 3, 4}, a), fed({3, 4, 5}, b)}, {}, 1, threads);
    CHECK(out[0].shape == Shape{2, 3, 3, 5});
    CHECK(largest_difference(out[0].values<float>(), expected) < 1e-6);
  }
}

TEST_CASE("ops: MatMul refuses what does not fit") {
  const auto matrix = [](Shape shape) {
    return fed(shape, random_values(element_count(shape), 1));
  };
  CHECK(contains(error_of("MatMul", {matrix({2, 3}), matrix({2, 3})}),
                 "cannot multiply [2, 3] by [2, 3]"));
  CHECK(contains(error_of("MatMul", {matrix({}), matrix({1})}), "cannot multiply [] by [1]"));
  CHECK(contains(error_of("MatMul", {matrix({2, 2, 3}), matrix({3, 3, 2})}), "do not broadcast"));
  CHECK(contains(error_of("MatMul", {matrix({1, 1}), fed<std::int64_t>({1, 1}, {1})}),
                 "expected float32"));
}

TEST_CASE("ops: Gemm transposes, scales and adds") {
  const std::size_t rows = 7, depth = 9, columns = 18;
  const auto a = random_values(rows * depth, 1);
  const auto b = random_values(depth * columns, 2);
  const auto plain = product(a.data(), b.data(), rows, depth, columns);
  struct Addend {
    Shape shape;
    std::size_t row_stride, column_stride;
  };
  for (const bool transpose_a : {false, true}) {
    for (const bool transpose_b : {false, true}) {
      for (const Addend& addend :
           {Addend{{}, 0, 0}, Addend{{18}, 0, 1}, Addend{{7, 1}, 1, 0}, Addend{{7, 18}, 18, 1}}) {
        CAPTURE(transpose_a);
        CAPTURE(transpose_b);
        const Shape& shape = addend.shape;
        CAPTURE(to_string(shape));
        const auto c = random_values(element_count(shape), 3);
        std::vector<float> expected;
        for (std::size_t i = 0; i < plain.size(); ++i) {
          const std::size_t at =
              i / columns * addend.row_stride + i % columns * addend.column_stride;
          expected.push_back(0.5F * plain[i] - 2.0F * c[at]);
        }
        const Operand left = transpose_a ? fed({9, 7}, transposed(a, rows, depth)) : fed({7, 9}, a);
        const Operand right =
            transpose_b ? fed({18, 9}, transposed(b, depth, columns)) : fed({9, 18}, b);
        const auto out = run_node("Gemm", {left, right, fed(shape, c)},
                                  {{"alpha", 0.5F},
                                   {"beta", -2.0F},
                                   {"transA", std::int64_t{transpose_a}},
                                   {"transB", std::int64_t{transpose_b}}});
        CHECK(out[0].shape == Shape{7, 18});
        CHECK(largest_difference(out[0].values<float>(), expected) < 1e-5);
      }
    }
  }
}

TEST_CASE("ops: Gemm refuses what does not fit") {
  const auto matrix = [](Shape shape) {
    return fed(shape, random_values(element_count(shape), 1));
  };
  CHECK(contains(error_of("Gemm", {matrix({2, 3}), matrix({2, 3})}, {{"transA", std::int64_t{0}}}),
                 "cannot multiply [2, 3] by [2, 3]"));
  CHECK(contains(error_of("Gemm", {matrix({2, 3, 1}), matrix({2, 3})}), "expected 2 dimensions"));
  CHECK(contains(error_of("Gemm", {matrix({2, 3}), matrix({3, 4}), matrix({3})}),
                 "do not broadcast"));
  CHECK(contains(error_of("Gemm", {matrix({1, 3}), matrix({3, 4}), matrix({2, 4})}),
                 "C has shape [2, 4], expected one that broadcasts to [1, 4]"));
}

TEST_CASE("ops: Einsum sums over labels that the result lacks") {
  const auto einsum = [](const char* equation, const std::vector<Operand>& operands) {
    return run_node("Einsum", operands, {{"equation", std::string(equation)}})[0];
  };
  const Operand a = fed({3, 4}, random_values(12, 1));
  const Operand b = fed({4, 5}, random_values(20, 2));
  const auto product = run_node("MatMul", {a, b})[0].values<float>();
  CHECK(largest_difference(einsum("ij, jk -> ik", {a, b}).values<float>(), product) < 1e-5);
  CHECK(largest_difference(einsum("ij,jk", {a, b}).values<float>(), product) < 1e-5);
  const Operand square = fed<float>({2, 2}, {1, 2, 3, 4});
  CHECK(einsum("ii->", {square}).values<float>() == std::vector<float>{5});
  CHECK(einsum("ii->i", {square}).values<float>() == std::vector<float>{1, 4});
  CHECK(einsum("ij->ji", {square}).values<float>() == std::vector<float>{1, 3, 2, 4});
  const auto error = [&](const char* equation) {
    return error_of("Einsum", {square}, {{"equation", std::string(equation)}});
  };
  CHECK(contains(error("...ij->ij"), "has an ellipsis"));
  CHECK(contains(error("ijk->i"), "does not fit shape [2, 2]"));
  CHECK(contains(error("ij->k"), "has no result"));
  CHECK(contains(error("ij,jk->ik"), "names other operands"));
  CHECK(contains(error(""), "does not fit shape"));
}
