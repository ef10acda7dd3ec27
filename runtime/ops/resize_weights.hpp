#pragma once

#include <cstddef>
#include <vector>

#include "runtime/ops/operator.hpp"

namespace octavo::ops {

/// An output position of a resized axis: a weighted mean of input positions, or none at all, which
/// stands for extrapolation_value.
struct WeightedTap {
  std::size_t input;
  float weight;
};
using WeightedAxis = std::vector<std::vector<WeightedTap>>;

/// The positions of one axis in any mode of Resize; `roi` is its region, as fractions of the axis,
/// for tf_crop_and_resize. Throws Error naming the node where a footprint is larger than 2^20, or
/// the output than 2^22.
WeightedAxis weighted_axis(const NodeView& node, std::int64_t in, std::int64_t out, float scale,
                           std::pair<float, float> roi);

}  // namespace octavo::ops
