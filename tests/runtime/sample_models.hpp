#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "octavo/octavo.hpp"

namespace octavo::test {

/// Deterministic values in [-1, 1).
inline void fill(std::span<float> values, std::uint32_t seed) {
  std::uint32_t state = seed;
  for (float& value : values) {
    state = state * 1664525U + 1013904223U;
    value = static_cast<float>(state >> 8U) * 0x1p-23F - 1.0F;
  }
}

inline std::vector<float> random_values(std::size_t count, std::uint32_t seed) {
  std::vector<float> values(count);
  fill(values, seed);
  return values;
}

/// Adds constants of deterministic values in [-1, 1), different ones each time.
class RandomConstants {
 public:
  explicit RandomConstants(GraphBuilder& graph) : graph_(graph) {}

  GraphBuilder::Value operator()(const char* name, Shape shape) {
    const std::vector<float> values = random_values(element_count(shape), seed_++);
    return graph_.constant(name, std::move(shape), std::span<const float>(values));
  }

 private:
  GraphBuilder& graph_;
  std::uint32_t seed_ = 1;
};

inline std::vector<float> copy(const TensorView& tensor) {
  const auto elements = tensor.data<float>();
  return {elements.begin(), elements.end()};
}

/// image [batch, 3, height, width] -> convolutions (padded, strided, depthwise, grouped), batch
/// normalization, residual addition, pooling, linear -> scores [batch, 10].
inline Model small_cnn() {
  GraphBuilder g("small_cnn");
  std::uint32_t seed = 1;
  const auto constant = [&](const char* name, Shape shape, float offset = 0.0F) {
    auto values = random_values(element_count(shape), seed++);
    for (float& value : values) value = value * 0.3F + offset;
    return g.constant(name, std::move(shape), std::span<const float>(values));
  };
  using Ints = std::vector<std::int64_t>;
  const auto x = g.input("image", DataType::float32, {-1, 3, 17, 15});
  auto y = g.node("Conv", {x, constant("w1", {16, 3, 3, 3}), constant("b1", {16})},
                  {{"pads", Ints{1, 1, 1, 1}}, {"strides", Ints{2, 2}}}, "conv1");
  y = g.node("BatchNormalization",
             {y, constant("s1", {16}, 1.0F), constant("o1", {16}), constant("m1", {16}),
              constant("v1", {16}, 1.0F)},
             {}, "norm1");
  y = g.node("Relu", {y}, {}, "relu1");
  auto z = g.node("Conv", {y, constant("w2", {16, 1, 3, 3})},
                  {{"pads", Ints{1, 1, 1, 1}}, {"group", std::int64_t{16}}}, "depthwise");
  z = g.node("Conv", {z, constant("w3", {16, 8, 3, 3})},
             {{"pads", Ints{2, 2, 2, 2}}, {"dilations", Ints{2, 2}}, {"group", std::int64_t{2}}},
             "grouped");
  y = g.node("Add", {y, z}, {}, "residual");
  y = g.node("GlobalAveragePool", {y}, {}, "pool");
  y = g.node("Flatten", {y}, {}, "flat");
  y = g.node("Gemm", {y, constant("w4", {10, 16}), constant("b4", {10})},
             {{"transB", std::int64_t{1}}}, "linear");
  g.output(y, "scores");
  return std::move(g).build();
}

/// image [batch, 32, 16, 16] -> a convolution that suits Winograd's algorithm, one that does not, a
/// depthwise one, linear -> scores [batch, 100]. Its weights take most of its memory.
inline Model mostly_weights() {
  GraphBuilder g("mostly_weights");
  RandomConstants constant(g);
  const std::vector<std::int64_t> pads{1, 1, 1, 1};
  const auto x = g.input("image", DataType::float32, {-1, 32, 16, 16});
  auto y = g.node("Conv", {x, constant("w1", {64, 32, 3, 3})}, {{"pads", pads}}, "winograd");
  y = g.node("Relu", {y});
  y = g.node("Conv", {y, constant("w2", {64, 32, 3, 3})},
             {{"strides", std::vector<std::int64_t>{2, 2}}, {"group", std::int64_t{2}}}, "grouped");
  y = g.node("Conv", {y, constant("w3", {64, 1, 3, 3})},
             {{"pads", pads}, {"group", std::int64_t{64}}}, "depthwise");
  y = g.node("Flatten", {y});
  y = g.node("MatMul", {y, constant("w4", {3136, 100})}, {}, "linear");
  g.output(y, "scores");
  return std::move(g).build();
}

/// sequence [4, 1, 64] -> GRU in both directions -> LSTM -> states [4, 1, 1, 128]. Its weights take
/// most of its memory.
inline Model recurrent_layers() {
  GraphBuilder g("recurrent_layers");
  RandomConstants constant(g);
  const auto reshaped = [&](GraphBuilder::Value y, std::vector<std::int64_t> shape) {
    const Shape of{static_cast<std::int64_t>(shape.size())};
    return g.node("Reshape", {y, g.constant("shape", of, std::span<const std::int64_t>(shape))});
  };
  const auto x = g.input("sequence", DataType::float32, {4, 1, 64});
  auto y = g.node("GRU", {x, constant("w1", {2, 384, 64}), constant("r1", {2, 384, 128})},
                  {{"hidden_size", std::int64_t{128}}, {"direction", std::string("bidirectional")}},
                  "gru");
  y = g.node("Transpose", {y}, {{"perm", std::vector<std::int64_t>{0, 2, 1, 3}}});
  y = reshaped(y, {4, 1, 256});
  y = g.node("LSTM", {y, constant("w2", {1, 512, 256}), constant("r2", {1, 512, 128})},
             {{"hidden_size", std::int64_t{128}}}, "lstm");
  g.output(y, "states");
  return std::move(g).build();
}

}  // namespace octavo::test
