#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/octavo.hpp"

#include "kernels/quantization.hpp"
#include "runtime/graph/graph.hpp"
#include "tests/runtime/sample_models.hpp"

using namespace octavo;
using namespace octavo::test;

namespace {

using Ints = std::vector<std::int64_t>;

/// A convolution in the order of the file: [images, channels, height, width].
struct ConvCase {
  std::int64_t images, channels, height, width, columns, kernel_height, kernel_width;
  std::int64_t stride = 1, dilation = 1, group = 1;
  Ints pads{0, 0, 0, 0};
};

std::string describe(const ConvCase& c) {
  return to_string(Shape{c.images, c.channels, c.height, c.width}) + " -> " +
         std::to_string(c.columns) + " kernel " +
         to_string(Shape{c.kernel_height, c.kernel_width}) + " stride " + std::to_string(c.stride) +
         " dilation " + std::to_string(c.dilation) + " group " + std::to_string(c.group) +
         " pads " + to_string(c.pads);
}

Model conv_model(const ConvCase& c) {
  GraphBuilder g("conv");
  const Shape weight_shape{c.columns, c.channels / c.group, c.kernel_height, c.kernel_width};
  const auto weights = random_values(element_count(weight_shape), 3);
  const auto bias = random_values(static_cast<std::size_t>(c.columns), 4);
  const auto x = g.input("x", DataType::float32, {c.images, c.channels, c.height, c.width});
  auto y = g.node("Conv",
                  {x, g.constant("w", weight_shape, std::span<const float>(weights)),
                   g.constant("b", {c.columns}, std::span<const float>(bias))},
                  {{"pads", c.pads},
                   {"strides", Ints{c.stride, c.stride}},
                   {"dilations", Ints{c.dilation, c.dilation}},
                   {"group", c.group}},
                  "conv");
  y = g.node("Clip", {y, g.constant("low", {}, std::span<const float>(std::vector{-2.0F})),
                      g.constant("high", {}, std::span<const float>(std::vector{3.0F}))});
  g.output(y, "y");
  return std::move(g).build();
}

/// Calls body(output index, input index or -1 for padding, weight index) for every product.
template <class Body>
void for_each_product(const ConvCase& c, std::int64_t out_height, std::int64_t out_width,
                      const Body& body) {
  const std::int64_t in_group = c.channels / c.group;
  const std::int64_t out_group = c.columns / c.group;
  for (std::int64_t n = 0; n < c.images; ++n)
    for (std::int64_t o = 0; o < c.columns; ++o)
      for (std::int64_t y = 0; y < out_height; ++y)
        for (std::int64_t x = 0; x < out_width; ++x)
          for (std::int64_t i = 0; i < in_group; ++i)
            for (std::int64_t ky = 0; ky < c.kernel_height; ++ky)
              for (std::int64_t kx = 0; kx < c.kernel_width; ++kx) {
                const std::int64_t iy = y * c.stride - c.pads[0] + ky * c.dilation;
                const std::int64_t ix = x * c.stride - c.pads[1] + kx * c.dilation;
                const bool inside = iy >= 0 && iy < c.height && ix >= 0 && ix < c.width;
                const std::int64_t channel = o / out_group * in_group + i;
                body(((n * c.columns + o) * out_height + y) * out_width + x,
                     inside ? ((n * c.channels + channel) * c.height + iy) * c.width + ix : -1,
                     ((o * in_group + i) * c.kernel_height + ky) * c.kernel_width + kx);
              }
}

struct Result {
  std::vector<float> output;
  std::vector<float> input;
  Shape shape;
};

Result run(const Model& model, SessionOptions options) {
  Session session(model, std::move(options));
  fill(session.input(0).data<float>(), 9);
  // All of one sign, so that the zero point lies at an end in the asymmetric scheme.
  for (float& value : session.input(0).data<float>()) value = std::max(value, -0.25F);
  session.run();
  return {copy(session.output(0)), copy(session.input(0)), session.output(0).shape()};
}

/// What DESIGN's arithmetic contract says, in plain loops over the file's order.
std::vector<float> contract(const ConvCase& c, const Model& quantized, const Result& result,
                            Scheme scheme) {
  const Graph& graph = *quantized.graph();
  const Node& node = graph.nodes.at(0);
  const auto weights = graph.values[node.inputs[1]].constant->as<std::int8_t>();
  const auto bias = graph.values[node.inputs[2]].constant->as<float>();
  const auto scales = graph.values[node.inputs[3]].constant->as<float>();

  const auto [low, high] = std::ranges::minmax(result.input);
  const auto range = make_estimator("minmax")->estimate({scheme, {low, high}, {}, {}}, nullptr);
  const auto q = kernels::quantization_of(range, scheme);
  std::vector<std::int32_t> levels;
  for (const float x : result.input) {
    const float rounded = std::nearbyint(x * q.reciprocal);
    levels.push_back(std::clamp(static_cast<std::int32_t>(rounded) + q.zero_point, 0, 255) -
                     q.zero_point);
  }
  std::vector<std::int32_t> sums(result.output.size(), 0);
  for_each_product(
      c, result.shape[2], result.shape[3], [&](std::int64_t out, std::int64_t in, std::int64_t w) {
        if (in < 0) return;
        sums[static_cast<std::size_t>(out)] +=
            levels[static_cast<std::size_t>(in)] * weights[static_cast<std::size_t>(w)];
      });
  std::vector<float> output;
  const std::size_t area = static_cast<std::size_t>(result.shape[2] * result.shape[3]);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const std::size_t n = i / area % static_cast<std::size_t>(c.columns);
    volatile float scale = q.scale * scales[n];
    volatile float scaled = static_cast<float>(sums[i]) * scale;
    const float value = scaled + bias[n];
    output.push_back(std::min(std::max(value, -2.0F), 3.0F));
  }
  return output;
}

const std::vector<ConvCase> kCases{
    {1, 3, 9, 8, 5, 3, 3},
    {2, 3, 9, 8, 17, 3, 3, 2, 1, 1, {1, 1, 1, 1}},
    {1, 16, 7, 7, 32, 3, 3, 1, 1, 1, {1, 1, 1, 1}},
    {1, 20, 7, 6, 33, 1, 1},
    {1, 24, 5, 5, 40, 1, 1, 2},
    {1, 8, 12, 11, 16, 3, 3, 1, 2, 1, {2, 2, 2, 2}},
    {1, 8, 12, 11, 16, 3, 3, 1, 5, 1, {5, 5, 5, 5}},
    {2, 12, 6, 6, 18, 3, 3, 1, 1, 3, {1, 1, 1, 1}},
    {1, 4, 6, 6, 8, 3, 3, 1, 1, 4, {1, 1, 1, 1}},
    {1, 5, 8, 9, 3, 5, 4, 3, 1, 1, {2, 0, 1, 3}},
    {1, 3, 23, 23, 16, 7, 7, 2, 1, 1, {3, 3, 3, 3}},
    {1, 1, 40, 1, 7, 16, 1, 4, 1, 1, {6, 0, 7, 0}},
    {1, 6, 1, 30, 9, 1, 5, 2, 1, 1, {0, 2, 0, 1}},
    {1, 2, 30, 3, 4, 5, 1, 1, 1, 1, {2, 0, 2, 0}},
    {1, 64, 4, 4, 64, 4, 4},
};

}  // namespace

TEST_CASE("convolution: int8 results are those of the contract, on every instruction set") {
  for (const ConvCase& c : kCases) {
    CAPTURE(describe(c));
    const Model model = conv_model(c);
    for (const int chain : {0, 2, 4}) {
      const WeightQuantization weights{.max_chain = chain, .loss_budget_db = 100.0F};
      const Model quantized = model.quantized(weights);
      for (const Scheme scheme : {Scheme::symmetric, Scheme::asymmetric}) {
        for (const InstructionSet& isa : instruction_sets()) {
          if (!isa.supported) continue;
          for (const std::size_t threads : {1, 2}) {
            const Result result = run(quantized, {.precision = Precision::int8,
                                                  .scheme = scheme,
                                                  .estimator = make_estimator("minmax"),
                                                  .threads = threads,
                                                  .isa = isa.name});
            CAPTURE(isa.name);
            CHECK(result.output == contract(c, quantized, result, scheme));
          }
        }
      }
    }
  }
}

TEST_CASE("convolution: float results are close to a double sum, on every instruction set") {
  for (const ConvCase& c : kCases) {
    CAPTURE(describe(c));
    const Model model = conv_model(c);
    const Graph& graph = *model.graph();
    const auto weights = graph.values[graph.nodes[0].inputs[1]].constant->as<float>();
    const auto bias = graph.values[graph.nodes[0].inputs[2]].constant->as<float>();
    for (const InstructionSet& isa : instruction_sets()) {
      if (!isa.supported) continue;
      CAPTURE(isa.name);
      const Result result = run(model, {.precision = Precision::float32, .isa = isa.name});
      std::vector<double> sums(result.output.size(), 0.0);
      for_each_product(c, result.shape[2], result.shape[3],
                       [&](std::int64_t out, std::int64_t in, std::int64_t w) {
                         if (in < 0) return;
                         sums[static_cast<std::size_t>(out)] +=
                             static_cast<double>(result.input[static_cast<std::size_t>(in)]) *
                             static_cast<double>(weights[static_cast<std::size_t>(w)]);
                       });
      const std::size_t area = static_cast<std::size_t>(result.shape[2] * result.shape[3]);
      double worst = 0.0;
      for (std::size_t i = 0; i < sums.size(); ++i) {
        const double value = std::clamp(
            sums[i] + static_cast<double>(bias[i / area % static_cast<std::size_t>(c.columns)]),
            -2.0, 3.0);
        worst = std::max(worst, std::abs(value - static_cast<double>(result.output[i])));
      }
      CHECK(worst < 2e-5);
    }
  }
}

TEST_CASE("convolution: one dimension is that of height one") {
  const auto weights = random_values(12 * 4 * 5, 3);
  const auto make = [&](bool flat) {
    GraphBuilder g("conv1d");
    const auto x = g.input("x", DataType::float32, flat ? Shape{2, 4, 19} : Shape{2, 4, 1, 19});
    const auto w = g.constant("w", flat ? Shape{12, 4, 5} : Shape{12, 4, 1, 5},
                              std::span<const float>(weights));
    const Attributes attributes =
        flat ? Attributes{{"pads", Ints{2, 1}}, {"strides", Ints{2}}, {"dilations", Ints{2}}}
             : Attributes{
                   {"pads", Ints{0, 2, 0, 1}}, {"strides", Ints{1, 2}}, {"dilations", Ints{1, 2}}};
    g.output(g.node("Conv", {x, w}, attributes), "y");
    return std::move(g).build();
  };
  for (const Precision precision : {Precision::float32, Precision::int8}) {
    const Result flat = run(make(true), {.precision = precision});
    const Result tall = run(make(false), {.precision = precision});
    CHECK(flat.shape == Shape{2, 12, 7});
    CHECK(flat.output == tall.output);
  }
}

TEST_CASE("linear: int8 results are those of a 1x1 convolution and close to float") {
  for (const std::int64_t rows : {1, 2, 3, 4, 7, 13}) {
    for (const std::int64_t depth : {1, 15, 16, 33, 130}) {
      for (const std::int64_t columns : {1, 16, 37}) {
        CAPTURE(to_string(Shape{rows, depth, columns}));
        const auto weights = random_values(static_cast<std::size_t>(columns * depth), 5);
        GraphBuilder linear("linear");
        linear.output(
            linear.node("Gemm",
                        {linear.input("x", DataType::float32, {rows, depth}),
                         linear.constant("w", {columns, depth}, std::span<const float>(weights))},
                        {{"transB", std::int64_t{1}}}),
            "y");
        GraphBuilder conv("conv");
        conv.output(conv.node("Conv", {conv.input("x", DataType::float32, {rows, depth, 1}),
                                       conv.constant("w", {columns, depth, 1},
                                                     std::span<const float>(weights))}),
                    "y");
        const Model a = std::move(linear).build();
        const Model b = std::move(conv).build();
        for (const RangeScope scope : {RangeScope::batch, RangeScope::row}) {
          const Result x = run(a, {.precision = Precision::int8, .range_scope = scope});
          const Result y = run(b, {.precision = Precision::int8, .range_scope = scope});
          CHECK(x.output == y.output);
          const Result z = run(a, {.precision = Precision::float32});
          double worst = 0.0;
          for (std::size_t i = 0; i < z.output.size(); ++i) {
            worst = std::max(worst, std::abs(static_cast<double>(x.output[i] - z.output[i])));
          }
          CHECK(worst < 0.02 * std::sqrt(static_cast<double>(depth)) + 0.02);
        }
      }
    }
  }
}

TEST_CASE("linear: sums of the deepest int8 product are exact, and deeper ones stay float") {
  constexpr std::int64_t kDeepest = 65793;
  for (const std::int64_t depth : {kDeepest, kDeepest + 1}) {
    const std::vector<float> ones(static_cast<std::size_t>(depth), 1.0F);
    GraphBuilder g("deep");
    const auto x = g.input("x", DataType::float32, {1, depth});
    g.output(g.node("MatMul", {x, g.constant("w", {depth, 1}, std::span<const float>(ones))}), "y");
    // Every product is 255 * 127: their sum is next to the largest int32.
    Session session(std::move(g).build(), {.precision = Precision::int8});
    CHECK(session.layers()[0].quantizable == (depth == kDeepest));
    std::ranges::fill(session.input(0).data<float>(), 1.0F);
    session.run();
    CHECK(session.output(0).data<float>()[0] == doctest::Approx(static_cast<double>(depth)));
  }
}
