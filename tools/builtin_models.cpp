#include "tools/builtin_models.hpp"

#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "octavo/graph.hpp"

#include "tools/seeded_normal.hpp"

namespace octavo::tools {
namespace {

using Value = GraphBuilder::Value;

constexpr std::int64_t kFree = -1;

/// Adds layers with random weights to a graph.
class NetworkBuilder {
 public:
  NetworkBuilder(const std::string& name, std::uint64_t seed) : graph_(name), random_(seed) {}

  GraphBuilder& graph() { return graph_; }

  Value relu(Value x) { return graph_.node("Relu", {x}); }

  Value relu6(Value x) {
    const Value low = graph_.constant("", {}, std::array{0.0F});
    const Value high = graph_.constant("", {}, std::array{6.0F});
    return graph_.node("Clip", {x, low, high});
  }

  Value add(Value a, Value b) { return graph_.node("Add", {a, b}); }

  /// x W + b over the last dimension of any rank, as PyTorch exports it for rank 3.
  Value linear(Value x, std::int64_t from, std::int64_t to, const std::string& name) {
    const Value weight = he_constant(name + ".weight", {from, to}, from);
    const Value product = graph_.node("MatMul", {x, weight}, {}, name);
    return add(product, normal_constant(name + ".bias", {to}, 0.0F, 0.1F));
  }

  /// The same for rank 2 and weights [to, from], as PyTorch exports it for rank 2.
  Value gemm(Value x, std::int64_t from, std::int64_t to, const std::string& name) {
    const Value weight = he_constant(name + ".weight", {to, from}, from);
    const Value bias = normal_constant(name + ".bias", {to}, 0.0F, 0.1F);
    return graph_.node("Gemm", {x, weight, bias}, {{"transB", std::int64_t{1}}}, name);
  }

  struct Convolution {
    std::int64_t from;
    std::int64_t to;
    std::int64_t kernel = 1;
    std::int64_t stride = 1;
    std::int64_t groups = 1;
  };

  /// A convolution padded to "same" for stride 1, then batch normalization.
  Value conv_bn(Value x, const Convolution& conv, const std::string& name) {
    const std::int64_t k = conv.kernel;
    const std::int64_t per_group = conv.from / conv.groups;
    const Value weight =
        he_constant(name + ".weight", {conv.to, per_group, k, k}, per_group * k * k);
    const Attributes attributes{{"group", conv.groups},
                                {"kernel_shape", std::vector{k, k}},
                                {"pads", std::vector(4, k / 2)},
                                {"strides", std::vector{conv.stride, conv.stride}}};
    return batch_norm(graph_.node("Conv", {x, weight}, attributes, name), conv.to, name + ".bn");
  }

  Value layer_norm(Value x, std::int64_t size, const std::string& name) {
    const Value scale = normal_constant(name + ".scale", {size}, 1.0F, 0.1F);
    const Value bias = normal_constant(name + ".bias", {size}, 0.0F, 0.1F);
    return graph_.node("LayerNormalization", {x, scale, bias}, {{"axis", std::int64_t{-1}}}, name);
  }

  /// The head of an image classifier: mean over the image, then 1000 scores.
  Model classify(Value x, std::int64_t channels) && {
    const Value pooled = graph_.node("Flatten", {graph_.node("GlobalAveragePool", {x})});
    graph_.output(gemm(pooled, channels, 1000, "classifier"), "scores");
    return std::move(graph_).build();
  }

 private:
  Value batch_norm(Value x, std::int64_t channels, const std::string& name) {
    const Value scale = normal_constant(name + ".scale", {channels}, 1.0F, 0.1F);
    const Value bias = normal_constant(name + ".bias", {channels}, 0.0F, 0.1F);
    const Value mean = normal_constant(name + ".mean", {channels}, 0.0F, 0.1F);
    std::vector<float> variances(static_cast<std::size_t>(channels));
    for (float& variance : variances)
      variance = 1.0F + 0.05F * random_.next();  // within [0.7, 1.3]
    const Value variance = graph_.constant(name + ".var", {channels}, variances);
    return graph_.node("BatchNormalization", {x, scale, bias, mean, variance}, {}, name);
  }

  /// Weights whose scale keeps the variance of activations through a ReLU (He et al., "Delving deep
  /// into rectifiers", ICCV 2015).
  Value he_constant(const std::string& name, const Shape& shape, std::int64_t fan_in) {
    std::vector<float> values(element_count(shape));
    random_.fill_heavy_tailed(values, std::sqrt(2.0F / static_cast<float>(fan_in)));
    return graph_.constant(name, shape, values);
  }

  Value normal_constant(const std::string& name, const Shape& shape, float mean, float deviation) {
    std::vector<float> values(element_count(shape));
    random_.fill(values, mean, deviation);
    return graph_.constant(name, shape, values);
  }

  GraphBuilder graph_;
  SeededNormal random_;
};

Value basic_block(NetworkBuilder& net, Value x, std::int64_t from, std::int64_t to,
                  std::int64_t stride, const std::string& name) {
  Value y = net.relu(
      net.conv_bn(x, {.from = from, .to = to, .kernel = 3, .stride = stride}, name + ".conv1"));
  y = net.conv_bn(y, {.from = to, .to = to, .kernel = 3}, name + ".conv2");
  if (from != to) {
    x = net.conv_bn(x, {.from = from, .to = to, .stride = stride}, name + ".downsample");
  }
  return net.relu(net.add(y, x));
}

Value inverted_residual(NetworkBuilder& net, Value x, std::int64_t from, std::int64_t to,
                        std::int64_t stride, std::int64_t expansion, const std::string& name) {
  const std::int64_t wide = from * expansion;
  Value y = x;
  if (expansion != 1) {
    y = net.relu6(net.conv_bn(y, {.from = from, .to = wide}, name + ".expand"));
  }
  y = net.relu6(
      net.conv_bn(y, {.from = wide, .to = wide, .kernel = 3, .stride = stride, .groups = wide},
                  name + ".depthwise"));
  y = net.conv_bn(y, {.from = wide, .to = to}, name + ".project");
  return stride == 1 && from == to ? net.add(x, y) : y;
}

Value encoder_layer(NetworkBuilder& net, Value x, const std::string& name) {
  constexpr std::int64_t kHidden = 768;
  constexpr std::int64_t kFeedForward = 3072;
  const Value query = net.linear(x, kHidden, kHidden, name + ".query");
  const Value key = net.linear(x, kHidden, kHidden, name + ".key");
  const Value value = net.linear(x, kHidden, kHidden, name + ".value");
  const Value gate = net.graph().node("Sigmoid", {net.add(query, key)});
  const Value mixed = net.graph().node("Mul", {gate, value});
  const Value projected = net.linear(mixed, kHidden, kHidden, name + ".output");
  const Value attended = net.layer_norm(net.add(x, projected), kHidden, name + ".norm1");
  const Value inner = net.relu(net.linear(attended, kHidden, kFeedForward, name + ".ffn1"));
  const Value outer = net.linear(inner, kFeedForward, kHidden, name + ".ffn2");
  return net.layer_norm(net.add(attended, outer), kHidden, name + ".norm2");
}

}  // namespace

Model make_mlp() {
  constexpr std::array<std::int64_t, 5> kSizes{768, 3072, 3072, 768, 10};
  NetworkBuilder net("mlp", 1);
  Value x = net.graph().input("x", DataType::float32, {kFree, kSizes[0]});
  for (std::size_t i = 0; i + 1 < kSizes.size(); ++i) {
    if (i > 0) x = net.relu(x);
    x = net.gemm(x, kSizes[i], kSizes[i + 1], "fc" + std::to_string(i + 1));
  }
  net.graph().output(x, "scores");
  return std::move(net.graph()).build();
}

Model make_resnet18() {
  NetworkBuilder net("resnet18", 2);
  Value x = net.graph().input("image", DataType::float32, {kFree, 3, 224, 224});
  x = net.relu(net.conv_bn(x, {.from = 3, .to = 64, .kernel = 7, .stride = 2}, "stem"));
  x = net.graph().node("MaxPool", {x},
                       {{"kernel_shape", std::vector<std::int64_t>{3, 3}},
                        {"pads", std::vector<std::int64_t>{1, 1, 1, 1}},
                        {"strides", std::vector<std::int64_t>{2, 2}}});
  std::int64_t from = 64;
  for (int stage = 1; stage <= 4; ++stage) {
    const std::int64_t to = std::int64_t{32} << stage;
    const std::string name = "stage" + std::to_string(stage);
    x = basic_block(net, x, from, to, from == to ? 1 : 2, name + ".block1");
    x = basic_block(net, x, to, to, 1, name + ".block2");
    from = to;
  }
  return std::move(net).classify(x, from);
}

Model make_mobilenet_v2() {
  struct Stage {
    std::int64_t expansion, channels, blocks, stride;
  };
  constexpr std::array<Stage, 7> kStages{{{1, 16, 1, 1},
                                          {6, 24, 2, 2},
                                          {6, 32, 3, 2},
                                          {6, 64, 4, 2},
                                          {6, 96, 3, 1},
                                          {6, 160, 3, 2},
                                          {6, 320, 1, 1}}};
  NetworkBuilder net("mobilenet_v2", 3);
  Value x = net.graph().input("image", DataType::float32, {kFree, 3, 224, 224});
  std::int64_t from = 32;
  x = net.relu6(net.conv_bn(x, {.from = 3, .to = from, .kernel = 3, .stride = 2}, "stem"));
  int index = 0;
  for (const Stage& stage : kStages) {
    for (std::int64_t block = 0; block < stage.blocks; ++block) {
      x = inverted_residual(net, x, from, stage.channels, block == 0 ? stage.stride : 1,
                            stage.expansion, "block" + std::to_string(++index));
      from = stage.channels;
    }
  }
  x = net.relu6(net.conv_bn(x, {.from = from, .to = 1280}, "head"));
  return std::move(net).classify(x, 1280);
}

Model make_encoder(std::int64_t sequence) {
  NetworkBuilder net("encoder", 4);
  Value x = net.graph().input("tokens", DataType::float32, {kFree, sequence, 768});
  for (int layer = 1; layer <= 4; ++layer) {
    x = encoder_layer(net, x, "layer" + std::to_string(layer));
  }
  net.graph().output(x, "hidden");
  return std::move(net.graph()).build();
}

std::span<const BuiltinModel> builtin_models() {
  static constexpr std::array<BuiltinModel, 4> kModels{
      {{"mlp", make_mlp},
       {"resnet18", make_resnet18},
       {"mobilenet_v2", make_mobilenet_v2},
       {"encoder", [] { return make_encoder(); }}}};
  return kModels;
}

}  // namespace octavo::tools
