#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/octavo.hpp"

#include "tests/runtime/sample_models.hpp"

// How the extremes of activations reach the layers that quantize them.
namespace octavo {
namespace {

using test::fill;
using Ints = std::vector<std::int64_t>;

/// Values that several layers quantize: an input, a pooled one, one without a kernel that knows its
/// extremes, concatenations of those, and a transposed one.
Model branches() {
  GraphBuilder g("branches");
  test::RandomConstants constant(g);
  const auto conv = [&](GraphBuilder::Value x, std::int64_t in, const std::string& name) {
    return g.node("Conv", {x, constant((name + ".w").c_str(), {8, in, 1, 1})}, {}, name);
  };
  const auto x = g.input("image", DataType::float32, {1, 8, 16, 16});
  const auto a = conv(x, 8, "a");
  const auto b = conv(x, 8, "b");
  const auto pooled =
      g.node("MaxPool", {a}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}});
  const auto padded = g.node("AveragePool", {b},
                             {{"kernel_shape", Ints{3, 3}},
                              {"strides", Ints{2, 2}},
                              {"pads", Ints{1, 1, 1, 1}},
                              {"ceil_mode", std::int64_t{1}},
                              {"count_include_pad", std::int64_t{1}}});
  const auto cut =
      g.node("Slice", {padded, g.constant("from", {2}, std::span<const std::int64_t>(Ints{0, 0})),
                       g.constant("to", {2}, std::span<const std::int64_t>(Ints{8, 8})),
                       g.constant("axes", {2}, std::span<const std::int64_t>(Ints{2, 3}))});
  const auto tanh = g.node("Tanh", {cut});
  const auto c = conv(pooled, 8, "c");
  const auto d = conv(tanh, 8, "d");
  const auto e = conv(tanh, 8, "e");
  const auto joined = g.node("Concat", {tanh, pooled}, {{"axis", std::int64_t{1}}});
  const auto twice = g.node("Concat", {joined, tanh}, {{"axis", std::int64_t{1}}});
  const auto f = conv(joined, 16, "f");
  const auto h = conv(twice, 24, "h");
  auto sum = c;
  for (const auto& part : {d, e, f, h}) sum = g.node("Add", {sum, part});
  const auto turned = g.node("Transpose", {sum}, {{"perm", Ints{0, 2, 3, 1}}});
  g.output(g.node("MatMul", {turned, constant("m.w", {8, 24})}, {}, "m"), "y");
  return std::move(g).build();
}

TEST_CASE("extremes: every layer quantizes between those of its own input, in every run") {
  for (const std::size_t threads : {1, 3}) {
    Session session(
        branches(),
        {.precision = Precision::int8, .estimator = make_estimator("minmax"), .threads = threads});
    for (const std::uint32_t seed : {1U, 2U, 3U}) {
      const auto x = session.input(0).data<float>();
      fill(x, seed);
      for (float& value : x) value *= static_cast<float>(4 - seed);  // narrower each time
      std::size_t checked = 0;
      session.run_observed([&](std::size_t layer, const LayerTensors& tensors) {
        if (!session.layers()[layer].quantizable) return;
        CAPTURE(session.layers()[layer].name);
        const auto [low, high] = std::ranges::minmax(tensors.input);
        REQUIRE(tensors.input_ranges.size() == 1);
        CHECK(tensors.input_ranges[0].low == low);
        CHECK(tensors.input_ranges[0].high == high);
        ++checked;
      });
      CHECK(checked == 8);
    }
  }
}

}  // namespace
}  // namespace octavo
