#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/octavo.hpp"

#include "tests/runtime/sample_models.hpp"

using namespace octavo;
using namespace octavo::test;

namespace {

using Ints = std::vector<std::int64_t>;

std::size_t transposes(const Session& session) {
  return static_cast<std::size_t>(std::ranges::count_if(
      session.layers(), [](const LayerInfo& layer) { return layer.op == "Transpose"; }));
}

GraphBuilder::Value identity_conv(GraphBuilder& g, GraphBuilder::Value x, std::int64_t channels) {
  std::vector<float> weights(static_cast<std::size_t>(channels * channels), 0.0F);
  for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c) {
    weights[c * static_cast<std::size_t>(channels) + c] = 1.0F;
  }
  return g.node("Conv", {x, g.constant("identity", {channels, channels, 1, 1},
                                       std::span<const float>(weights))});
}

}  // namespace

TEST_CASE("layout: elementwise operators and concatenation stay channels-last") {
  GraphBuilder g("g");
  const auto x = g.input("x", DataType::float32, {2, 3, 4, 5});
  const auto y = identity_conv(g, x, 3);
  const auto per_channel = random_values(3, 1);
  const auto per_position = random_values(20, 2);
  auto z = g.node("Mul", {y, g.constant("c", {3, 1, 1}, std::span<const float>(per_channel))});
  z = g.node("Add", {g.constant("p", {1, 1, 4, 5}, std::span<const float>(per_position)), z});
  z = g.node("Concat", {z, y}, {{"axis", std::int64_t{1}}});
  g.output(g.node("Sigmoid", {z}), "y");
  Session session(std::move(g).build(), {.precision = Precision::float32});
  CHECK(transposes(session) == 2);
  fill(session.input(0).data<float>(), 3);
  session.run();
  CHECK(session.output(0).shape() == Shape{2, 6, 4, 5});
  const auto in = copy(session.input(0));
  const auto out = copy(session.output(0));
  for (std::size_t n = 0; n < 2; ++n) {
    for (std::size_t c = 0; c < 6; ++c) {
      for (std::size_t p = 0; p < 20; ++p) {
        const float value = in[(n * 3 + c % 3) * 20 + p];
        const float expected = c < 3 ? value * per_channel[c] + per_position[p] : value;
        CHECK(out[(n * 6 + c) * 20 + p] ==
              doctest::Approx(1.0F / (1.0F + std::exp(-expected))).epsilon(1e-5));
      }
    }
  }
}

TEST_CASE("layout: a detection head's transpose and reshape move nothing") {
  GraphBuilder g("g");
  const auto x = g.input("x", DataType::float32, {1, 1, 4, 5});
  const auto y = identity_conv(g, x, 1);
  auto z = g.node("Transpose", {y}, {{"perm", Ints{0, 2, 3, 1}}});
  const Ints shape{1, 20, -1};
  z = g.node("Reshape", {z, g.constant("shape", {3}, std::span<const std::int64_t>(shape))});
  g.output(z, "y");
  Session session(std::move(g).build(), {.precision = Precision::float32});
  CHECK(transposes(session) == 0);
  fill(session.input(0).data<float>(), 3);
  session.run();
  CHECK(copy(session.output(0)) == copy(session.input(0)));
}

TEST_CASE("layout: a shuffle and a selection of channels are gathers without transposes") {
  constexpr std::size_t kChannels = 6;
  constexpr std::size_t kPositions = 20;
  const auto reshape = [](GraphBuilder& g, GraphBuilder::Value x, const char* name, Ints shape) {
    return g.node("Reshape",
                  {x, g.constant(name, {std::ssize(shape)}, std::span<const std::int64_t>(shape))});
  };
  const auto check = [&](GraphBuilder g, GraphBuilder::Value z, std::size_t expected_transposes,
                         const std::vector<std::size_t>& sources) {
    const auto channels = static_cast<std::int64_t>(sources.size());
    g.output(identity_conv(g, z, channels), "y");
    Session session(std::move(g).build(), {.precision = Precision::float32});
    CHECK(transposes(session) == expected_transposes);
    fill(session.input(0).data<float>(), 3);
    session.run();
    const auto in = copy(session.input(0));
    const auto out = copy(session.output(0));
    REQUIRE(out.size() == in.size() / kChannels * sources.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
      const std::size_t n = i / kPositions / sources.size();
      const std::size_t c = sources[i / kPositions % sources.size()];
      CHECK(out[i] == in[(n * kChannels + c) * kPositions + i % kPositions]);
    }
  };
  SUBCASE("a shuffle of two groups, several images") {
    GraphBuilder g("g");
    const auto x = g.input("x", DataType::float32, {2, 6, 4, 5});
    auto z = reshape(g, identity_conv(g, x, 6), "split", {2, 2, 3, 4, 5});
    z = g.node("Transpose", {z}, {{"perm", Ints{0, 2, 1, 3, 4}}});
    z = reshape(g, z, "merge", {2, 6, 4, 5});
    check(std::move(g), z, 2, {0, 3, 1, 4, 2, 5});
  }
  SUBCASE("every other channel, with the positions flattened on the way") {
    GraphBuilder g("g");
    const auto x = g.input("x", DataType::float32, {1, 6, 4, 5});
    auto z = reshape(g, identity_conv(g, x, 6), "pairs", {3, 2, 20});
    z = g.node("Transpose", {z}, {{"perm", Ints{1, 0, 2}}});
    z = reshape(g, z, "planes", {2, 1, 3, 4, 5});
    const Ints last{-1};
    z = g.node("Gather", {z, g.constant("odd", {}, std::span<const std::int64_t>(last))},
               {{"axis", std::int64_t{0}}});
    check(std::move(g), z, 2, {1, 3, 5});
  }
  SUBCASE("images that change places are no selection of channels") {
    GraphBuilder g("g");
    const auto x = g.input("x", DataType::float32, {1, 6, 4, 5});
    auto z = g.node("Transpose", {identity_conv(g, x, 6)}, {{"perm", Ints{1, 0, 2, 3}}});
    z = reshape(g, z, "same", {1, 6, 4, 5});
    check(std::move(g), z, 4, {0, 1, 2, 3, 4, 5});
  }
  SUBCASE("a transpose of the positions stays one") {
    GraphBuilder g("g");
    const auto x = g.input("x", DataType::float32, {1, 6, 4, 5});
    auto z = g.node("Transpose", {identity_conv(g, x, 6)}, {{"perm", Ints{0, 1, 3, 2}}});
    z = g.node("Transpose", {z}, {{"perm", Ints{0, 1, 3, 2}}});
    const auto y = identity_conv(g, z, 6);
    check(std::move(g), y, 5, {0, 1, 2, 3, 4, 5});
  }
}

TEST_CASE("layout: an operator that needs the order of the file gets it") {
  GraphBuilder g("g");
  const auto x = g.input("x", DataType::float32, {2, 3, 2, 2});
  const auto y = identity_conv(g, x, 3);
  const auto flat = g.node("Flatten", {y});
  g.output(flat, "flat");
  g.output(y, "conv");
  Session session(std::move(g).build(), {.precision = Precision::float32});
  fill(session.input(0).data<float>(), 3);
  session.run();
  CHECK(session.output("flat").shape() == Shape{2, 12});
  CHECK(copy(session.output("flat")) == copy(session.input(0)));
  CHECK(copy(session.output("conv")) == copy(session.input(0)));
}

TEST_CASE("layout: softmax over channels") {
  GraphBuilder g("g");
  const auto x = g.input("x", DataType::float32, {1, 3, 2, 2});
  g.output(g.node("Softmax", {identity_conv(g, x, 3)}, {{"axis", std::int64_t{1}}}), "y");
  Session session(std::move(g).build(), {.precision = Precision::float32});
  fill(session.input(0).data<float>(), 3);
  session.run();
  const auto out = copy(session.output(0));
  for (std::size_t p = 0; p < 4; ++p) {
    CHECK(out[p] + out[4 + p] + out[8 + p] == doctest::Approx(1.0F));
  }
}

TEST_CASE("layout: the old softmax runs over all dimensions from its axis on") {
  GraphBuilder g("g");
  const auto x = g.input("x", DataType::float32, {1, 2, 2, 2});
  const auto y = g.node("Softmax", {identity_conv(g, x, 2)},
                        {{"axis", std::int64_t{1}}, {"flattened", std::int64_t{1}}});
  g.output(identity_conv(g, y, 2), "y");
  Session session(std::move(g).build(), {.precision = Precision::float32});
  fill(session.input(0).data<float>(), 3);
  session.run();
  float sum = 0.0F;
  for (const float value : copy(session.output(0))) sum += value;
  CHECK(sum == doctest::Approx(1.0F));
}

TEST_CASE("layout: operators give the same behind a channels-last tensor as in the file's order") {
  struct Case {
    const char* op;
    Attributes attributes;
    std::vector<Shape> constants;  ///< further inputs
    std::size_t outputs = 1;
  };
  const std::vector<Case> cases{
      {"PRelu", {}, {{3, 1, 1}}},
      {"Pow", {}, {{1}}},
      {"Elu", {}, {}},
      {"Mish", {}, {}},
      {"LogSoftmax", {{"axis", std::int64_t{1}}}, {}},
      {"Hardmax", {{"axis", std::int64_t{2}}}, {}},
      {"ReduceMean", {{"keepdims", std::int64_t{1}}}, {}},
      {"ArgMax", {{"axis", std::int64_t{1}}}, {}},
      {"InstanceNormalization", {}, {{3}, {3}}},
      {"LRN", {{"size", std::int64_t{3}}}, {}},
      {"ConvTranspose", {{"strides", Ints{2, 2}}}, {{3, 2, 3, 3}}},
      {"MaxPool", {{"kernel_shape", Ints{2, 2}}}, {}, 2},
      {"LpPool", {{"kernel_shape", Ints{2, 2}}}, {}},
      {"SpaceToDepth", {{"blocksize", std::int64_t{2}}}, {}},
      {"QuantizeLinear", {{"axis", std::int64_t{1}}}, {{3}}},
      {"Less", {}, {{3, 1, 1}}},
  };
  for (const Case& tested : cases) {
    CAPTURE(tested.op);
    const auto run = [&](bool moved) {
      GraphBuilder g("g");
      auto x = g.input("x", DataType::float32, {2, 3, 4, 6});
      if (moved) x = identity_conv(g, x, 3);
      std::vector<GraphBuilder::Value> inputs{x};
      for (const Shape& shape : tested.constants) {
        std::vector<float> values =
            random_values(element_count(shape), static_cast<std::uint32_t>(inputs.size()));
        for (float& value : values) value = value * value + 0.5F;
        inputs.push_back(
            g.constant("c" + std::to_string(inputs.size()), shape, std::span<const float>(values)));
      }
      const auto results = g.nodes(tested.op, inputs, tested.outputs, tested.attributes);
      for (std::size_t i = 0; i < results.size(); ++i) {
        g.output(results[i], "y" + std::to_string(i));
      }
      Session session(std::move(g).build(), {.precision = Precision::float32});
      fill(session.input(0).data<float>(), 3);
      session.run();
      std::vector<std::vector<std::byte>> outputs;
      for (std::size_t i = 0; i < results.size(); ++i) {
        const auto* data = static_cast<const std::byte*>(session.output(i).raw());
        outputs.emplace_back(data, data + session.output(i).bytes());
      }
      return outputs;
    };
    CHECK(run(true) == run(false));
  }
}
