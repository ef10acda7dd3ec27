#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernels.hpp"
#include "kernels/packing.hpp"
#include "runtime/ops/operator.hpp"

namespace octavo::ops {

/// A planned convolution of channels-last tensors, always in two dimensions: one-dimensional ones
/// have height 1, and so have columns of one pixel, whose memory is the same as that of a line.
struct ConvShape {
  explicit ConvShape(const NodeView& node);

  std::int64_t images = 1, groups = 1;
  std::int64_t in_height = 1, in_width = 1, in_channels = 0;
  std::int64_t out_height = 1, out_width = 1, out_channels = 0;
  std::int64_t kernel_height = 1, kernel_width = 1;
  std::int64_t stride_height = 1, stride_width = 1;
  std::int64_t dilation_height = 1, dilation_width = 1;
  std::int64_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;

  [[nodiscard]] bool padded() const {
    return pad_top != 0 || pad_left != 0 || pad_bottom != 0 || pad_right != 0;
  }
  [[nodiscard]] bool depthwise() const {
    return groups > 1 && groups == in_channels && groups == out_channels;
  }
  /// Whether every position is multiplied by itself: the input is a matrix of rows.
  [[nodiscard]] bool pointwise() const {
    return groups == 1 && kernel_height == 1 && kernel_width == 1 && stride_height == 1 &&
           stride_width == 1 && !padded();
  }
  /// Whether the taps of one kernel line are neighbours in memory.
  [[nodiscard]] bool lines_contiguous() const { return groups == 1 && dilation_width == 1; }

  [[nodiscard]] std::size_t rows() const {
    return static_cast<std::size_t>(images * out_height * out_width);
  }
  [[nodiscard]] std::size_t group_channels() const {
    return static_cast<std::size_t>(in_channels / groups);
  }
  [[nodiscard]] std::size_t group_columns() const {
    return static_cast<std::size_t>(out_channels / groups);
  }
  [[nodiscard]] std::uint64_t macs() const {
    return std::uint64_t{rows()} * static_cast<std::uint64_t>(out_channels) * group_channels() *
           static_cast<std::uint64_t>(kernel_height * kernel_width);
  }

  /// The extents and bytes of the input with its padding written out.
  [[nodiscard]] std::int64_t padded_height() const { return pad_top + in_height + pad_bottom; }
  [[nodiscard]] std::int64_t padded_width() const { return pad_left + in_width + pad_right; }
  [[nodiscard]] std::size_t padded_elements() const {
    return static_cast<std::size_t>(images * padded_height() * padded_width() * in_channels);
  }

  /// How rows are read: from the input itself or from its padded copy, tap by tap or with each
  /// kernel line as one segment.
  [[nodiscard]] kernels::RowMap row_map(bool from_padded, bool merge_lines) const;
  /// The weights of one group, segmented alike.
  [[nodiscard]] kernels::WeightShape weights(bool merge_lines) const;
};

}  // namespace octavo::ops
