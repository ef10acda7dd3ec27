#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "octavo/session.hpp"

#include "tools/measure.hpp"

namespace octavo::tools {

/// The positions at which several sessions of one model have the same layer; nothing where a
/// session plans without it.
using LayerMatch = std::vector<std::optional<std::size_t>>;

/// Matches the layers of sessions by name, in execution order. A layer that the first sessions lack
/// comes after the layer that it follows.
std::vector<LayerMatch> match_layers(std::span<const std::span<const LayerInfo>> sessions);

/// One layer in float32 and int8: median times in microseconds, absent where that session has no
/// such layer.
struct LayerComparison {
  std::string name;
  std::string op;
  std::uint64_t macs = 0;
  std::optional<double> float32_us;
  std::optional<double> int8_us;
  std::optional<LayerInfo> automatic;  ///< as Precision::automatic plans it
};

struct Comparison {
  std::vector<TensorInfo> inputs;  ///< with the shapes that were run
  std::vector<LayerComparison> layers;
  std::uint64_t macs = 0;
  double float32_us = 0.0;
  double int8_us = 0.0;
  double automatic_us = 0.0;
  std::vector<ProfiledRun> runs;  ///< one of each precision, after the measurements
};

/// Plans the model in all three precisions and measures them side by side on the same random input.
Comparison compare_precisions(const Model& model, const SessionOptions& options,
                              std::size_t rounds);

}  // namespace octavo::tools
