#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/octavo.hpp"

#include "kernels/kernels.hpp"
#include "kernels/quantization.hpp"
#include "tests/runtime/op_harness.hpp"
#include "tests/runtime/sample_models.hpp"

using namespace octavo;
using namespace octavo::test;

namespace {

struct MatMulCase {
  Shape a, b;
};

/// Matrices, vectors, batches that broadcast either way, more and fewer products than threads.
const std::vector<MatMulCase> kCases{{{3, 5}, {5, 7}},
                                     {{1, 1}, {1, 1}},
                                     {{130, 70}, {70, 90}},
                                     {{33}, {33, 17}},
                                     {{6, 33}, {33}},
                                     {{2, 3, 8}, {8, 16}},
                                     {{2, 6, 9, 12}, {12, 20}},
                                     {{2, 1, 3, 4}, {3, 4, 5}},
                                     {{3, 4}, {2, 4, 5}},
                                     {{1, 3, 16, 8}, {1, 3, 8, 16}},
                                     {{2, 2, 65, 64}, {2, 2, 64, 33}}};

Model product_model(const MatMulCase& c) {
  GraphBuilder g("product");
  const auto a = g.input("a", DataType::float32, c.a);
  const auto b = g.input("b", DataType::float32, c.b);
  g.output(g.node("MatMul", {a, b}, {}, "scores"), "y");
  return std::move(g).build();
}

void fill_inputs(Session& session) {
  fill(session.input(0).data<float>(), 9);
  fill(session.input(1).data<float>(), 10);
  // Rows and columns of different extents.
  const auto a = session.input(0).data<float>();
  for (std::size_t i = 0; i < a.size(); ++i) a[i] *= static_cast<float>(1 + i % 7);
  const auto b = session.input(1).data<float>();
  for (std::size_t i = 0; i < b.size(); ++i) b[i] *= static_cast<float>(1 + i % 5);
}

/// The levels of a vector, and their scale.
struct Levels {
  float scale;
  std::vector<std::int32_t> values;
};

Levels left_levels(const std::vector<float>& row, Scheme scheme) {
  const auto [low, high] = std::ranges::minmax(row);
  const auto range = make_estimator("minmax")->estimate({scheme, {low, high}, {}, {}}, nullptr);
  const auto q = kernels::quantization_of(range, scheme);
  Levels levels{q.scale, {}};
  for (const float x : row) {
    const auto rounded = static_cast<std::int32_t>(std::nearbyint(x * q.reciprocal));
    levels.values.push_back(std::clamp(rounded + q.zero_point, 0, 255) - q.zero_point);
  }
  return levels;
}

Levels right_levels(const std::vector<float>& column) {
  float largest = 0.0F;
  for (const float x : column) largest = std::max(largest, std::abs(x));
  const float scale = largest > 0.0F ? largest / 64.0F : 1.0F;
  Levels levels{scale, {}};
  const volatile float reciprocal = 1.0F / scale;
  for (const float x : column) {
    levels.values.push_back(static_cast<std::int32_t>(std::nearbyint(x * reciprocal)));
  }
  return levels;
}

/// One product of matrices in plain loops: every row and every column by a range of its own.
std::vector<float> contract(const float* a, const float* b, std::size_t rows, std::size_t depth,
                            std::size_t columns, Scheme scheme) {
  std::vector<Levels> right;
  for (std::size_t n = 0; n < columns; ++n) {
    std::vector<float> column;
    for (std::size_t k = 0; k < depth; ++k) column.push_back(b[k * columns + n]);
    right.push_back(right_levels(column));
  }
  std::vector<float> out;
  for (std::size_t m = 0; m < rows; ++m) {
    const Levels left = left_levels({a + m * depth, a + (m + 1) * depth}, scheme);
    for (const Levels& column : right) {
      std::int32_t sum = 0;
      for (std::size_t k = 0; k < depth; ++k) sum += left.values[k] * column.values[k];
      const volatile float scale = left.scale * column.scale;
      out.push_back(static_cast<float>(sum) * scale);
    }
  }
  return out;
}

/// numpy.matmul by `contract`: the operands of each product are found by walking over the batch.
std::vector<float> expected_product(const MatMulCase& c, const Session& session, Scheme scheme) {
  Shape a = c.a;
  Shape b = c.b;
  if (a.size() == 1) a.insert(a.begin(), 1);
  if (b.size() == 1) b.push_back(1);
  const std::size_t rank = std::max(a.size(), b.size());
  a.insert(a.begin(), rank - a.size(), 1);
  b.insert(b.begin(), rank - b.size(), 1);
  const auto rows = static_cast<std::size_t>(a[rank - 2]);
  const auto depth = static_cast<std::size_t>(a[rank - 1]);
  const auto columns = static_cast<std::size_t>(b[rank - 1]);
  std::size_t batches = 1;
  for (std::size_t i = 0; i + 2 < rank; ++i) {
    batches *= static_cast<std::size_t>(std::max(a[i], b[i]));
  }
  std::vector<float> out;
  for (std::size_t batch = 0; batch < batches; ++batch) {
    std::size_t rest = batch, a_at = 0, b_at = 0, a_step = 1, b_step = 1;
    for (std::size_t i = rank - 2; i-- > 0;) {
      const auto extent = static_cast<std::size_t>(std::max(a[i], b[i]));
      a_at += a[i] > 1 ? rest % extent * a_step : 0;
      b_at += b[i] > 1 ? rest % extent * b_step : 0;
      rest /= extent;
      a_step *= static_cast<std::size_t>(a[i]);
      b_step *= static_cast<std::size_t>(b[i]);
    }
    const auto part = contract(session.input(0).data<float>().data() + a_at * rows * depth,
                               session.input(1).data<float>().data() + b_at * depth * columns, rows,
                               depth, columns, scheme);
    out.insert(out.end(), part.begin(), part.end());
  }
  return out;
}

}  // namespace

TEST_CASE("int8 MatMul: results are those of the contract, on every instruction set") {
  for (const MatMulCase& c : kCases) {
    CAPTURE(to_string(c.a));
    CAPTURE(to_string(c.b));
    const Model model = product_model(c);
    for (const Scheme scheme : {Scheme::symmetric, Scheme::asymmetric}) {
      for (const InstructionSet& isa : instruction_sets()) {
        if (!isa.supported) continue;
        for (const std::size_t threads : {1, 3}) {
          CAPTURE(isa.name);
          CAPTURE(threads);
          Session session(model, {.precision = Precision::int8,
                                  .scheme = scheme,
                                  .estimator = make_estimator("minmax"),
                                  .threads = threads,
                                  .isa = isa.name});
          CHECK(session.layers().at(0).precision == Precision::int8);
          fill_inputs(session);
          session.run();
          CHECK(copy(session.output(0)) == expected_product(c, session, scheme));
        }
      }
    }
  }
}

TEST_CASE("int8 MatMul: every row has its range, and every run chooses anew") {
  Session session(product_model({{2, 3, 8}, {8, 4}}), {.precision = Precision::int8});
  fill_inputs(session);
  for (const float factor : {1.0F, 100.0F}) {
    for (float& x : session.input(0).data<float>()) x *= factor;
    session.run_observed([&](std::size_t, const LayerTensors& tensors) {
      REQUIRE(tensors.input_ranges.size() == 6);
      for (std::size_t row = 0; row < 6; ++row) {
        const auto [low, high] = std::ranges::minmax(tensors.input.subspan(row * 8, 8));
        CHECK(tensors.input_ranges[row].low == low);
        CHECK(tensors.input_ranges[row].high == high);
      }
    });
  }
}

TEST_CASE("int8 MatMul: NaN and infinity in either operand are named") {
  for (const std::size_t operand : {0U, 1U}) {
    for (const std::size_t threads : {1U, 2U}) {
      Session session(product_model({{4, 20, 8}, {4, 8, 20}}),
                      {.precision = Precision::int8, .threads = threads});
      fill_inputs(session);
      float& poisoned = session.input(operand).data<float>()[37];
      const float before = poisoned;
      poisoned = std::numeric_limits<float>::infinity();
      std::string message;
      try {
        session.run();
      } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::non_finite);
        message = error.what();
      }
      CHECK(contains(message, operand == 0 ? "tensor 'a'" : "tensor 'b'"));
      CHECK(contains(message, "'scores'"));
      poisoned = before;
      session.run();
    }
  }
}

TEST_CASE("int8 MatMul: constants and empty operands stay with float") {
  GraphBuilder g("constant");
  const auto values = random_values(2 * 3 * 4, 1);
  const auto x = g.input("x", DataType::float32, {2, 5, 3});
  g.output(g.node("MatMul", {x, g.constant("c", {2, 3, 4}, std::span<const float>(values))}), "y");
  const Session batched(std::move(g).build(), {.precision = Precision::int8});
  CHECK(batched.layers().at(0).precision == Precision::float32);

  Session empty(product_model({{2, 0}, {0, 3}}), {.precision = Precision::int8});
  CHECK(empty.layers().at(0).precision == Precision::float32);
  empty.run();
  CHECK(copy(empty.output(0)) == std::vector<float>(6, 0.0F));
}

TEST_CASE("int8 MatMul: automatic measures both") {
  Session session(product_model({{2, 64, 64}, {2, 64, 64}}), {});
  const LayerInfo& layer = session.layers().at(0);
  CHECK(layer.quantizable);
  REQUIRE(layer.measured.size() == 2);
  CHECK(layer.measured[0].method != layer.measured[1].method);
  const Precision chosen =
      layer.measured[0].method == "float32" ? Precision::float32 : Precision::int8;
  CHECK(layer.precision == chosen);
}
