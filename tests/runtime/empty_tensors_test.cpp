#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/octavo.hpp"

#include "kernels/dispatch.hpp"
#include "tests/runtime/sample_models.hpp"

using namespace octavo;
using namespace octavo::test;

namespace {

using Ints = std::vector<std::int64_t>;
constexpr std::array kPrecisions{Precision::float32, Precision::int8, Precision::automatic};

struct Case {
  std::string op;
  std::vector<Shape> inputs;     ///< computed ones, the first at least
  std::vector<Shape> constants;  ///< that follow
  Attributes attributes = {};
  std::vector<float> expected = {};  ///< empty: only the size is checked
};

/// The first output of a node; the computed inputs are identities of the model's.
std::vector<float> run(const Case& c, const SessionOptions& options) {
  GraphBuilder g("empty");
  RandomConstants constant(g);
  std::vector<GraphBuilder::Value> inputs;
  for (const Shape& shape : c.inputs) {
    const std::string name = "x" + std::to_string(inputs.size());
    inputs.push_back(g.input(name, DataType::float32, shape));
  }
  for (const Shape& shape : c.constants) {
    const std::string name = "c" + std::to_string(inputs.size());
    inputs.push_back(constant(name.c_str(), shape));
  }
  g.output(g.node(c.op, inputs, c.attributes, "node"), "y");
  Session session(std::move(g).build(), options);
  session.run();
  const TensorView y = session.output(0);
  return y.type() == DataType::float32 ? copy(y) : std::vector<float>(y.size());
}

}  // namespace

TEST_CASE("empty tensors: sums over nothing are zero") {
  const std::vector<Case> cases = {
      {"MatMul", {{2, 0}}, {{0, 5}}, {}, std::vector<float>(10)},
      {"MatMul", {{2, 0}, {0, 5}}, {}, {}, std::vector<float>(10)},
      {"MatMul", {{3, 2, 0}, {3, 0, 5}}, {}, {}, std::vector<float>(30)},
      {"Gemm", {{2, 0}}, {{5, 0}}, {{"transB", std::int64_t{1}}}, std::vector<float>(10)},
      {"Gemm", {{2, 0}, {0, 5}}, {}, {}, std::vector<float>(10)},
      {"ReduceSum", {{2, 0}}, {}, {{"keepdims", std::int64_t{0}}}, {0.0F}},
  };
  for (const Case& c : cases) {
    for (const kernels::Isa& isa : kernels::isas()) {
      if (!isa.supported) continue;
      for (const Precision precision : kPrecisions) {
        CAPTURE(c.op);
        CAPTURE(isa.name);
        CHECK(run(c, {.precision = precision, .isa = std::string(isa.name)}) == c.expected);
      }
    }
  }
}

TEST_CASE("empty tensors: there is nothing to compute") {
  const std::vector<Case> cases = {
      {"MatMul", {{2, 3}}, {{3, 0}}},
      {"MatMul", {{0, 3}}, {{3, 4}}},
      {"MatMul", {{0, 2, 3}, {0, 3, 4}}, {}},
      {"AveragePool", {{0, 3, 4, 4}}, {}, {{"kernel_shape", Ints{2, 2}}}},
      {"Softmax", {{3, 0}}, {}},
      {"Softmax", {{0, 3}}, {}},
      {"LayerNormalization", {{3, 0}}, {{0}}},
      {"BatchNormalization", {{0, 3, 2, 2}}, {{3}, {3}, {3}, {3}}},
      {"ReduceMax", {{2, 0}}, {}, {{"keepdims", std::int64_t{0}}}},
      {"ReduceMean", {{2, 0}}, {}, {{"keepdims", std::int64_t{0}}}},
      {"Relu", {{0, 3}}, {}},
      {"Gelu", {{3, 0}}, {}},
      {"Add", {{0, 3}, {1, 3}}, {}},
      {"Add", {{0, 3}}, {{3}}},
      {"PRelu", {{0, 3}}, {{3}}},
      {"Concat", {{0, 3}, {2, 3}}, {}, {{"axis", std::int64_t{0}}}},
      {"Transpose", {{0, 3}}, {}},
      {"Flatten", {{2, 0, 3}}, {}},
      {"DepthToSpace", {{1, 4, 0, 2}}, {}, {{"blocksize", std::int64_t{2}}}},
      {"QuantizeLinear", {{0, 3}}, {{1}}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.op);
    for (const Precision precision : kPrecisions) {
      CHECK_NOTHROW(run(c, {.precision = precision}));
    }
  }
}

TEST_CASE("empty tensors: layers refuse them by name") {
  const std::vector<Case> cases = {
      {"Linear", {{0, 3}}, {{4, 3}}},
      {"Linear", {{2, 3}}, {{0, 3}}},
      {"Conv", {{1, 3, 0, 5}}, {{4, 3, 1, 1}}},
      {"Conv", {{0, 3, 5, 5}}, {{4, 3, 3, 3}}},
      {"Conv", {{1, 3, 5, 5}}, {{0, 3, 3, 3}}},
      {"Conv", {{1, 0, 5, 5}}, {{4, 0, 3, 3}}},
      {"Conv", {{1, 3, 5, 5}}, {{4, 3, 0, 3}}},
      {"Conv", {{1, 0, 5, 5}}, {{0, 1, 3, 3}}, {{"group", std::int64_t{0}}}},
      {"ConvTranspose", {{0, 3, 5, 5}}, {{3, 4, 3, 3}}},
      {"LSTM", {{0, 1, 3}}, {{1, 8, 3}, {1, 8, 2}}, {{"hidden_size", std::int64_t{2}}}},
      {"GRU", {{4, 0, 3}}, {{1, 6, 3}, {1, 6, 2}}, {{"hidden_size", std::int64_t{2}}}},
      {"RNN", {{4, 1, 0}}, {{1, 2, 0}, {1, 2, 2}}, {{"hidden_size", std::int64_t{2}}}},
      {"MaxPool", {{1, 3, 0, 4}}, {}, {{"kernel_shape", Ints{2, 2}}}},
      {"GlobalAveragePool", {{1, 3, 0, 4}}, {}},
      {"GlobalMaxPool", {{1, 3, 0, 4}}, {}},
      {"InstanceNormalization", {{1, 3, 0}}, {{3}, {3}}},
      {"DynamicQuantizeLinear", {{0, 3}}, {}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.op);
    for (const Precision precision : kPrecisions) {
      const std::string node = "node 'node' (" + c.op + ")";
      CHECK_THROWS_WITH_AS(run(c, {.precision = precision}), doctest::Contains(node.c_str()),
                           Error);
    }
  }
}
