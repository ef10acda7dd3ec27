#pragma once

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/ops/operator.hpp"

/// The arithmetic of ONNX Resize along single axes.
namespace octavo::ops {

/// Where an output position comes from: in[first] * (1 - weight) + in[second] * weight.
struct Tap {
  std::size_t first = 0;
  std::size_t second = 0;
  float weight = 0.0F;
};
using ResizedAxis = std::vector<Tap>;

/// The output's shape, and the scale and region of interest of each dimension.
struct ResizeTarget {
  Shape shape;
  std::vector<float> scales;
  std::vector<std::pair<float, float>> regions;  ///< start and end, as fractions of the axis
};

/// Reads the inputs scales or sizes, roi, and the attributes axes and keep_aspect_ratio_policy.
/// `in` is the input's shape in the order of the file.
ResizeTarget resize_target(const NodeView& node, const Shape& in);

/// Throws Error naming the node when a mode is not supported.
void check_resize_modes(const NodeView& node);

/// Where output position `x` lies on the input's axis, by coordinate_transformation_mode (but for
/// tf_crop_and_resize). In float, as other implementations do: ties of `nearest` depend on it.
float original_position(std::string_view mode, float x, float in, float out, float scale);
float round_to_nearest(std::string_view nearest_mode, float x);

/// The taps of all output positions of an axis, for nearest and linear; `in` is at least 1.
ResizedAxis resized_axis(const NodeView& node, std::int64_t in, std::int64_t out, float scale);

}  // namespace octavo::ops
