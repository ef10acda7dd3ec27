#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "octavo/model.hpp"

/// Models of realistic sizes with seeded random weights, built in memory: for benchmarks and tests,
/// which then need no download. The same bits on every platform.
namespace octavo::tools {

/// Linear 768-3072-3072-768-10 with ReLU. Input "x" [batch, 768].
Model make_mlp();

/// ResNet-18 (He et al., "Deep residual learning for image recognition", CVPR 2016) with its batch
/// normalizations as nodes of their own. Input "image" [batch, 3, 224, 224].
Model make_resnet18();

/// MobileNetV2 of width 1.0 (Sandler et al., "MobileNetV2: inverted residuals and linear
/// bottlenecks", CVPR 2018), batch normalizations as nodes. Input "image" [batch, 3, 224, 224].
Model make_mobilenet_v2();

/// The linear layers of a 4-layer transformer encoder, hidden size 768, feed-forward size 3072,
/// with residuals and layer normalizations. A gate over query, key and value of the same token
/// stands in for attention between tokens. Input "tokens" [batch, sequence, 768].
Model make_encoder(std::int64_t sequence = 64);

struct BuiltinModel {
  std::string_view name;
  Model (*make)();
};

/// All of them, by the name that stands after "builtin:".
std::span<const BuiltinModel> builtin_models();

}  // namespace octavo::tools
