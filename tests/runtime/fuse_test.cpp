#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/octavo.hpp"

#include "tests/runtime/sample_models.hpp"

using namespace octavo;
using namespace octavo::test;

namespace {

std::vector<std::string> ops_of(const Session& session) {
  std::vector<std::string> ops;
  for (const LayerInfo& layer : session.layers()) ops.push_back(layer.op);
  return ops;
}

using Ops = std::vector<std::string>;
using Ints = std::vector<std::int64_t>;

GraphBuilder::Value constant(GraphBuilder& g, const char* name, Shape shape, std::uint32_t seed,
                             float offset = 0.0F) {
  auto values = random_values(element_count(shape), seed);
  for (float& value : values) value += offset;
  return g.constant(name, std::move(shape), std::span<const float>(values));
}

}  // namespace

TEST_CASE("fuse: convolution takes over normalization, bias and activation") {
  GraphBuilder g("g");
  const auto x = g.input("x", DataType::float32, {1, 4, 5, 5});
  auto y = g.node("Conv", {x, constant(g, "w", {8, 4, 1, 1}, 1)});
  y = g.node("BatchNormalization", {y, constant(g, "s", {8}, 2), constant(g, "o", {8}, 3),
                                    constant(g, "m", {8}, 4), constant(g, "v", {8}, 5, 2.0F)});
  y = g.node("Add", {constant(g, "b", {8, 1, 1}, 6), y});
  g.output(g.node("Relu", {y}), "y");
  Session session(std::move(g).build(), {.precision = Precision::float32});
  CHECK(ops_of(session) == Ops{"Transpose", "Conv", "Transpose"});
}

TEST_CASE("fuse: folding changes results by rounding only") {
  const auto make = [](bool keep) {
    GraphBuilder g("g");
    const auto x = g.input("x", DataType::float32, {1, 4, 5, 5});
    const auto conv = g.node("Conv", {x, constant(g, "w", {8, 4, 3, 3}, 1)});
    auto y =
        g.node("BatchNormalization", {conv, constant(g, "s", {8}, 2), constant(g, "o", {8}, 3),
                                      constant(g, "m", {8}, 4), constant(g, "v", {8}, 5, 2.0F)});
    y = g.node("Add", {y, constant(g, "b", {1, 8, 1, 1}, 6)});
    g.output(g.node("Relu", {y}), "y");
    if (keep) g.output(conv, "conv");  // a second reader forbids the folding
    return std::move(g).build();
  };
  Session folded(make(false), {.precision = Precision::float32});
  Session kept(make(true), {.precision = Precision::float32});
  CHECK(ops_of(folded).size() < ops_of(kept).size());
  fill(folded.input(0).data<float>(), 8);
  fill(kept.input(0).data<float>(), 8);
  folded.run();
  kept.run();
  const auto a = copy(folded.output(0));
  const auto b = copy(kept.output(0));
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-4));
  }
}

TEST_CASE("fuse: a bias that varies over positions stays an addition") {
  GraphBuilder g("g");
  const auto x = g.input("x", DataType::float32, {1, 4, 2, 2});
  auto y = g.node("Conv", {x, constant(g, "w", {8, 4, 1, 1}, 1)});
  g.output(g.node("Add", {y, constant(g, "b", {8, 2, 2}, 6)}), "y");
  Session session(std::move(g).build(), {.precision = Precision::float32});
  CHECK(ops_of(session) == Ops{"Transpose", "Conv", "Add", "Transpose"});
}

TEST_CASE("fuse: Gemm with alpha, beta and both transpositions of its weight") {
  for (const std::int64_t trans : {0, 1}) {
    GraphBuilder g("g");
    const auto x = g.input("x", DataType::float32, {3, 4});
    const auto w = constant(g, "w", trans != 0 ? Shape{5, 4} : Shape{4, 5}, 1);
    const auto c = constant(g, "c", {1, 5}, 2);
    g.output(g.node("Gemm", {x, w, c}, {{"alpha", 2.0F}, {"beta", 0.5F}, {"transB", trans}}), "y");
    Session session(std::move(g).build(), {.precision = Precision::float32});
    CHECK(ops_of(session) == Ops{"Linear"});
    fill(session.input(0).data<float>(), 3);
    session.run();
    const auto a = copy(session.input(0));
    const auto weights = random_values(20, 1);
    const auto bias = random_values(5, 2);
    const auto y = copy(session.output(0));
    for (std::size_t m = 0; m < 3; ++m) {
      for (std::size_t n = 0; n < 5; ++n) {
        float sum = 0.0F;
        for (std::size_t k = 0; k < 4; ++k) {
          sum += a[m * 4 + k] * weights[trans != 0 ? n * 4 + k : k * 5 + n];
        }
        CHECK(y[m * 5 + n] == doctest::Approx(2.0F * sum + 0.5F * bias[n]).epsilon(1e-5));
      }
    }
  }
}

TEST_CASE("fuse: only the first clamp is taken over") {
  GraphBuilder g("g");
  const auto x = g.input("x", DataType::float32, {3, 4});
  auto y = g.node("MatMul", {x, constant(g, "w", {4, 5}, 1)});
  y = g.node("Relu", {y});
  const auto high = g.constant("high", {}, std::span<const float>(std::vector{0.5F}));
  g.output(g.node("Clip", {y, GraphBuilder::kNone, high}), "y");
  Session session(std::move(g).build(), {.precision = Precision::float32});
  CHECK(ops_of(session) == Ops{"Linear", "Clip"});
}

TEST_CASE("fuse: every function of one element becomes part of the product") {
  const std::pair<const char*, Attributes> functions[] = {
      {"Abs", {}},
      {"Exp", {}},
      {"HardSigmoid", {{"alpha", 0.3F}, {"beta", 0.4F}}},
      {"HardSwish", {}},
      {"LeakyRelu", {{"alpha", 0.2F}}},
      {"Neg", {}},
      {"Relu", {}},
      {"Sigmoid", {}},
      {"Tanh", {}}};
  for (const auto& [op, attributes] : functions) {
    CAPTURE(op);
    const auto make = [&](bool keep) {
      GraphBuilder g("g");
      const auto x = g.input("x", DataType::float32, {3, 12});
      const auto product = g.node("MatMul", {x, constant(g, "w", {12, 21}, 1)});
      g.output(g.node(op, {product}, attributes), "y");
      if (keep) g.output(product, "product");  // a second reader forbids the fusion
      return std::move(g).build();
    };
    for (const Precision precision : {Precision::float32, Precision::int8}) {
      Session fused(make(false), {.precision = precision});
      Session apart(make(true), {.precision = precision});
      CHECK(ops_of(fused) == Ops{"Linear"});
      CHECK(ops_of(apart).size() == 2);
      fill(fused.input(0).data<float>(), 8);
      fill(apart.input(0).data<float>(), 8);
      fused.run();
      apart.run();
      CHECK(copy(fused.output(0)) == copy(apart.output(0)));
    }
  }
}

TEST_CASE("fuse: a residual addition and what follows it become part of the later product") {
  const auto make = [](bool keep, std::int64_t kernel, std::int64_t channels) {
    GraphBuilder g("g");
    const auto x = g.input("x", DataType::float32, {2, channels, 17, 15});
    const std::vector<std::int64_t> pads(4, kernel / 2);
    const auto conv = [&](GraphBuilder::Value from, const char* name, std::uint32_t seed) {
      return g.node("Conv", {from, constant(g, name, {channels, channels, kernel, kernel}, seed)},
                    {{"pads", pads}});
    };
    const auto first = g.node("Relu", {conv(x, "w", 1)});
    const auto second = conv(first, "v", 2);
    const auto sum = g.node("Add", {second, x});
    g.output(g.node("Relu", {sum}), "y");
    if (keep) g.output(second, "second");  // a second reader forbids the fusion
    return std::move(g).build();
  };
  for (const std::int64_t kernel : {1, 3, 5}) {
    for (const std::int64_t channels : {5, 16, 37}) {
      CAPTURE(kernel);
      CAPTURE(channels);
      for (const Precision precision : {Precision::float32, Precision::int8}) {
        Session fused(make(false, kernel, channels), {.precision = precision});
        Session apart(make(true, kernel, channels), {.precision = precision});
        CHECK(ops_of(fused) == Ops{"Transpose", "Conv", "Conv", "Transpose"});
        CHECK(ops_of(apart).size() > 5);
        fill(fused.input(0).data<float>(), 8);
        fill(apart.input(0).data<float>(), 8);
        fused.run();
        apart.run();
        CHECK(copy(fused.output(0)) == copy(apart.output(0)));
      }
    }
  }
}

TEST_CASE("fuse: depthwise and volume convolutions leave additions alone") {
  const auto run = [](Shape shape, Shape weight, std::int64_t group, bool add) {
    GraphBuilder g("g");
    const auto x = g.input("x", DataType::float32, std::move(shape));
    const auto y = g.node("Conv", {x, constant(g, "w", std::move(weight), 1)}, {{"group", group}});
    g.output(add ? g.node("Add", {y, x}) : y, "y");
    Session session(std::move(g).build(), {.precision = Precision::float32});
    fill(session.input(0).data<float>(), 2);
    session.run();
    auto result = copy(session.output(0));
    const auto input = session.input(0).data<float>();
    for (std::size_t i = 0; i < result.size() && !add; ++i) result[i] += input[i];
    return result;
  };
  for (const auto& [shape, weight, group] :
       {std::tuple{Shape{1, 4, 3, 3}, Shape{4, 1, 1, 1}, 4},
        std::tuple{Shape{1, 4, 2, 3, 3}, Shape{4, 4, 1, 1, 1}, 1}}) {
    CHECK(run(shape, weight, group, true) == run(shape, weight, group, false));
  }
}

TEST_CASE("fuse: an addition that broadcasts stays") {
  GraphBuilder g("g");
  const auto x = g.input("x", DataType::float32, {2, 4, 3, 3});
  const auto pooled = g.node("GlobalAveragePool", {x});
  const auto y = g.node("Conv", {x, constant(g, "w", {4, 4, 1, 1}, 1)});
  g.output(g.node("Add", {y, pooled}), "y");
  Session session(std::move(g).build(), {.precision = Precision::float32});
  const Ops ops = ops_of(session);
  CHECK(std::find(ops.begin(), ops.end(), "Add") != ops.end());
}
