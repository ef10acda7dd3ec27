#include "runtime/ops/resize_weights.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "runtime/concat.hpp"
#include "runtime/ops/resize_axis.hpp"

namespace octavo::ops {
namespace {

/// Keys, "Cubic Convolution Interpolation for Digital Image Processing", 1981.
float cubic(float x, float a) {
  x = std::abs(x);
  if (x < 1.0F) return ((a + 2.0F) * x - (a + 3.0F)) * x * x + 1.0F;
  if (x < 2.0F) return ((a * x - 5.0F * a) * x + 8.0F * a) * x - 4.0F * a;
  return 0.0F;
}

/// The neighbours of position x with their weights, which may lie outside the axis. With antialias,
/// the footprint grows as the image shrinks.
struct Footprint {
  std::int64_t first = 0;
  std::vector<float> weights;
};

Footprint footprint(const NodeView& node, float x, float scale) {
  const bool is_cubic = node.text("mode", "nearest") == "cubic";
  const float radius = is_cubic ? 2.0F : 1.0F;
  const float shrink = node.integer("antialias", 0) != 0 ? std::min(scale, 1.0F) : 1.0F;
  const float reach = std::floor(-radius / shrink) + 1.0F;
  constexpr float kWidest = 0x1p20F;
  if (-reach > kWidest) node.fail(ErrorCode::limit_exceeded, "shrinks an axis too much");
  const float a = node.real("cubic_coeff_a", -0.75F);
  const float floor = std::floor(x);
  Footprint result;
  const auto first = static_cast<std::int64_t>(reach);
  result.first = static_cast<std::int64_t>(floor) + first;
  for (std::int64_t i = first; i <= 1 - first; ++i) {
    const float distance = (static_cast<float>(i) - (x - floor)) * shrink;
    result.weights.push_back(is_cubic ? cubic(distance, a)
                                      : std::max(1.0F - std::abs(distance), 0.0F));
  }
  return result;
}

std::vector<WeightedTap> taps_at(const NodeView& node, float x, std::int64_t in, float scale) {
  if (node.text("mode", "nearest") == "nearest") {
    const float nearest = round_to_nearest(node.text("nearest_mode", "round_prefer_floor"), x);
    const float position = std::clamp(nearest, 0.0F, static_cast<float>(in - 1));
    return {{std::min(static_cast<std::size_t>(position), static_cast<std::size_t>(in - 1)), 1.0F}};
  }
  const bool exclude = node.integer("exclude_outside", 0) != 0;
  const Footprint found = footprint(node, x, scale);
  std::vector<WeightedTap> taps;
  float sum = 0.0F;
  for (std::size_t i = 0; i < found.weights.size(); ++i) {
    const std::int64_t position = found.first + static_cast<std::int64_t>(i);
    if (found.weights[i] == 0.0F || (exclude && (position < 0 || position >= in))) continue;
    const auto inside = std::clamp<std::int64_t>(position, 0, in - 1);
    taps.push_back({static_cast<std::size_t>(inside), found.weights[i]});
    sum += found.weights[i];
  }
  for (WeightedTap& tap : taps) tap.weight /= sum;
  return taps;
}

}  // namespace

WeightedAxis weighted_axis(const NodeView& node, std::int64_t in, std::int64_t out, float scale,
                           std::pair<float, float> roi) {
  const std::string mode = node.text("coordinate_transformation_mode", "half_pixel");
  const bool crop = mode == "tf_crop_and_resize";
  const auto last = static_cast<float>(in - 1);
  constexpr std::int64_t kMostPositions = std::int64_t{1} << 22U;
  if (out > kMostPositions) {
    node.fail(ErrorCode::limit_exceeded,
              concat({"an axis of ", out, " positions is too long for this mode"}));
  }
  WeightedAxis axis;
  for (std::int64_t i = 0; i < out; ++i) {
    const auto position = static_cast<float>(i);
    float x = 0.0F;
    if (crop) {
      const auto [start, end] = roi;
      x = out > 1 ? start * last + position * (end - start) * last / static_cast<float>(out - 1)
                  : 0.5F * (start + end) * last;
    } else {
      x = original_position(mode, position, static_cast<float>(in), static_cast<float>(out), scale);
    }
    const bool outside = crop && !(x >= 0.0F && x <= last);
    axis.push_back(outside ? std::vector<WeightedTap>() : taps_at(node, x, in, scale));
  }
  return axis;
}

}  // namespace octavo::ops
