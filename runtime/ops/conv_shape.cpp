#include "runtime/ops/conv_shape.hpp"

#include <array>
#include <utility>

#include "runtime/ops/spatial.hpp"

namespace octavo::ops {
namespace {

/// The two spatial entries of a list that has one or two.
std::array<std::int64_t, 2> pair_of(std::span<const std::int64_t> list, std::int64_t missing) {
  return list.size() == 1 ? std::array{missing, list[0]} : std::array{list[0], list[1]};
}

}  // namespace

ConvShape::ConvShape(const NodeView& node) {
  const Shape& x = node.shape(0);
  const Shape& out = node.output(0).shape;
  const Shape& weight = node.shape(1);
  const std::span<const std::int64_t> spatial(x.begin() + 1, x.end() - 1);
  const std::span<const std::int64_t> out_spatial(out.begin() + 1, out.end() - 1);
  const std::span<const std::int64_t> kernel(weight.begin() + 2, weight.end());
  const SpatialWindow window = spatial_window(node, spatial, kernel);

  groups = node.integer("group", 1);
  images = x.front();
  in_channels = x.back();
  out_channels = out.back();
  const auto assign = [](std::span<const std::int64_t> list, std::int64_t missing,
                         std::int64_t& height, std::int64_t& width) {
    const auto both = pair_of(list, missing);
    height = both[0];
    width = both[1];
  };
  assign(spatial, 1, in_height, in_width);
  assign(out_spatial, 1, out_height, out_width);
  assign(window.kernel, 1, kernel_height, kernel_width);
  assign(window.strides, 1, stride_height, stride_width);
  assign(window.dilations, 1, dilation_height, dilation_width);
  assign(window.pads_begin, 0, pad_top, pad_left);
  assign(window.pads_end, 0, pad_bottom, pad_right);

  if (in_width == 1 && kernel_width == 1 && pad_left == 0 && pad_right == 0) {
    std::swap(in_height, in_width);
    std::swap(out_height, out_width);
    std::swap(kernel_height, kernel_width);
    std::swap(stride_height, stride_width);
    std::swap(dilation_height, dilation_width);
    std::swap(pad_top, pad_left);
    std::swap(pad_bottom, pad_right);
  }
}

kernels::RowMap ConvShape::row_map(bool from_padded, bool merge_lines) const {
  kernels::RowMap map;
  map.out_height = out_height;
  map.out_width = out_width;
  map.in_height = from_padded ? padded_height() : in_height;
  map.in_width = from_padded ? padded_width() : in_width;
  map.kernel_height = kernel_height;
  map.kernel_width = merge_lines ? 1 : kernel_width;
  map.stride_height = stride_height;
  map.stride_width = stride_width;
  map.dilation_height = dilation_height;
  map.dilation_width = dilation_width;
  map.pad_top = from_padded ? 0 : pad_top;
  map.pad_left = from_padded ? 0 : pad_left;
  map.pixel_stride = in_channels;
  map.line_stride = map.in_width * in_channels;
  map.image_stride = map.in_height * map.line_stride;
  return map;
}

kernels::WeightShape ConvShape::weights(bool merge_lines) const {
  const auto height = static_cast<std::size_t>(kernel_height);
  const auto width = static_cast<std::size_t>(kernel_width);
  return merge_lines ? kernels::WeightShape{group_columns(), height, width * group_channels()}
                     : kernels::WeightShape{group_columns(), height * width, group_channels()};
}

}  // namespace octavo::ops
