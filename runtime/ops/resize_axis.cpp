#include "runtime/ops/resize_axis.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

#include "runtime/concat.hpp"

namespace octavo::ops {
namespace {

void require_one_of(const NodeView& node, std::string_view attribute, std::string_view otherwise,
                    std::initializer_list<std::string_view> supported) {
  const std::string value = node.text(attribute, otherwise);
  if (std::ranges::find(supported, value) != supported.end()) return;
  std::string expected;
  for (const std::string_view name : supported) {
    expected += (expected.empty() ? "" : ", ") + std::string(name);
  }
  node.fail(ErrorCode::unsupported,
            concat({attribute, " is '", value, "'; supported are ", expected}));
}

/// The dimensions that scales and sizes speak of.
std::vector<std::size_t> resized_axes(const NodeView& node, std::size_t rank) {
  std::vector<std::size_t> axes;
  if (node.has_attribute("axes")) {
    for (const std::int64_t axis : node.integers("axes", {})) {
      axes.push_back(node.axis(axis, rank));
    }
  } else {
    for (std::size_t i = 0; i < rank; ++i) axes.push_back(i);
  }
  return axes;
}

bool has_elements(const NodeView& node, std::size_t index) {
  return node.has_input(index) && element_count(node.shape(index)) != 0;
}

void require_count(const NodeView& node, std::string_view what, std::size_t count,
                   std::size_t expected) {
  if (count != expected) {
    node.fail(ErrorCode::invalid_graph,
              concat({what, " has ", count, " elements, expected ", expected}));
  }
}

void apply_scales(const NodeView& node, const std::vector<std::size_t>& axes, const Shape& in,
                  ResizeTarget& target) {
  node.require_type(2, DataType::float32);
  const auto scales = node.require_constant(2, "scales").as<float>();
  require_count(node, "scales", scales.size(), axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i) {
    // In float, as ONNX infers it: 6 elements times float(7 / 6) are 7.
    const float extent = std::floor(static_cast<float>(in[axes[i]]) * scales[i]);
    if (!(scales[i] > 0.0F) || !(extent <= 0x1p40F)) {
      node.fail(ErrorCode::invalid_graph, concat({"cannot scale dimension ", axes[i], " of ", in,
                                                  " by ", std::to_string(scales[i])}));
    }
    target.scales[axes[i]] = scales[i];
    target.shape[axes[i]] = static_cast<std::int64_t>(extent);
  }
}

void apply_sizes(const NodeView& node, const std::vector<std::size_t>& axes, const Shape& in,
                 ResizeTarget& target) {
  const std::vector<std::int64_t> sizes = node.require_integers(3, "sizes");
  require_count(node, "sizes", sizes.size(), axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (sizes[i] < 1 || in[axes[i]] < 1) {
      node.fail(ErrorCode::invalid_graph,
                concat({"cannot resize dimension ", axes[i], " of ", in, " to ", sizes[i]}));
    }
    target.shape[axes[i]] = sizes[i];
    target.scales[axes[i]] = static_cast<float>(sizes[i]) / static_cast<float>(in[axes[i]]);
  }
  const std::string policy = node.text("keep_aspect_ratio_policy", "stretch");
  if (policy == "stretch" || axes.empty()) return;
  // One scale for all axes: the smallest keeps within `sizes`, the largest fills them.
  float scale = target.scales[axes[0]];
  for (const std::size_t axis : axes) {
    scale = policy == "not_larger" ? std::min(scale, target.scales[axis])
                                   : std::max(scale, target.scales[axis]);
  }
  for (const std::size_t axis : axes) {
    target.scales[axis] = scale;
    target.shape[axis] =
        static_cast<std::int64_t>(std::floor(scale * static_cast<float>(in[axis]) + 0.5F));
  }
}

/// The input roi holds the starts of all axes, then their ends.
void apply_regions(const NodeView& node, const std::vector<std::size_t>& axes,
                   ResizeTarget& target) {
  if (!has_elements(node, 1)) return;
  node.require_type(1, DataType::float32);
  const auto roi = node.require_constant(1, "roi").as<float>();
  require_count(node, "roi", roi.size(), 2 * axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i) {
    target.regions[axes[i]] = {roi[i], roi[i + axes.size()]};
  }
}

}  // namespace

float original_position(std::string_view mode, float x, float in, float out, float scale) {
  if (mode == "align_corners") return out > 1.0F ? x * (in - 1.0F) / (out - 1.0F) : 0.0F;
  if (mode == "asymmetric") return x / scale;
  if (mode == "pytorch_half_pixel" && out <= 1.0F) return 0.0F;
  const float half_pixel = (x + 0.5F) / scale - 0.5F;
  if (mode != "half_pixel_symmetric") return half_pixel;
  return in / 2.0F * (1.0F - out / (scale * in)) + half_pixel;
}

float round_to_nearest(std::string_view mode, float x) {
  if (mode == "floor") return std::floor(x);
  if (mode == "ceil") return std::ceil(x);
  return mode == "round_prefer_ceil" ? std::floor(x + 0.5F) : std::ceil(x - 0.5F);
}

ResizeTarget resize_target(const NodeView& node, const Shape& in) {
  const bool by_scales = has_elements(node, 2);
  if (by_scales == has_elements(node, 3)) {
    node.fail(ErrorCode::invalid_graph,
              by_scales ? "scales and sizes are both given" : "neither scales nor sizes are given");
  }
  const std::vector<std::size_t> axes = resized_axes(node, in.size());
  ResizeTarget target{in, std::vector<float>(in.size(), 1.0F),
                      std::vector<std::pair<float, float>>(in.size(), {0.0F, 1.0F})};
  apply_regions(node, axes, target);
  if (by_scales) {
    apply_scales(node, axes, in, target);
  } else {
    apply_sizes(node, axes, in, target);
  }
  return target;
}

void check_resize_modes(const NodeView& node) {
  require_one_of(node, "mode", "nearest", {"nearest", "linear", "cubic"});
  require_one_of(node, "nearest_mode", "round_prefer_floor",
                 {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"});
  require_one_of(node, "coordinate_transformation_mode", "half_pixel",
                 {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners",
                  "asymmetric", "tf_crop_and_resize"});
  require_one_of(node, "keep_aspect_ratio_policy", "stretch",
                 {"stretch", "not_larger", "not_smaller"});
}

ResizedAxis resized_axis(const NodeView& node, std::int64_t in, std::int64_t out, float scale) {
  const std::string coordinates = node.text("coordinate_transformation_mode", "half_pixel");
  const std::string nearest_mode = node.text("nearest_mode", "round_prefer_floor");
  const bool nearest = node.text("mode", "nearest") == "nearest";
  const auto last = static_cast<float>(in - 1);
  ResizedAxis taps;
  for (std::int64_t i = 0; i < out; ++i) {
    const float x = original_position(coordinates, static_cast<float>(i), static_cast<float>(in),
                                      static_cast<float>(out), scale);
    const float position = std::clamp(nearest ? round_to_nearest(nearest_mode, x) : x, 0.0F, last);
    const auto first =
        std::min(static_cast<std::size_t>(position), static_cast<std::size_t>(in - 1));
    const std::size_t second = std::min(first + 1, static_cast<std::size_t>(in - 1));
    taps.push_back({first, second, nearest ? 0.0F : position - std::floor(position)});
  }
  return taps;
}

}  // namespace octavo::ops
