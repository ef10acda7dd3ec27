#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernels.hpp"

/// Walking through the rows of a RowMap, and splitting them.
namespace octavo::kernels {
namespace {

/// A row's output position, moved along without divisions.
class RowCursor {
 public:
  RowCursor(const RowMap& map, std::size_t row) : map_(map) {
    const auto index = static_cast<std::int64_t>(row);
    const std::int64_t line = index / map.out_width;
    x_ = index - line * map.out_width;
    image_ = line / map.out_height;
    y_ = line - image_ * map.out_height;
  }

  /// The input position of the first segment.
  std::int64_t input_y() const { return y_ * map_.stride_height - map_.pad_top; }
  std::int64_t input_x() const { return x_ * map_.stride_width - map_.pad_left; }

  /// Elements from the start of the input to there.
  std::int64_t offset() const {
    return image_ * map_.image_stride + input_y() * map_.line_stride +
           input_x() * map_.pixel_stride;
  }

  /// Rows from this one to the end of its output line.
  std::size_t left_in_line() const { return static_cast<std::size_t>(map_.out_width - x_); }

  void next() { skip(1); }

  /// Moves along by `rows`, at most left_in_line().
  void skip(std::size_t rows) {
    x_ += static_cast<std::int64_t>(rows);
    if (x_ < map_.out_width) return;
    x_ = 0;
    if (++y_ < map_.out_height) return;
    y_ = 0;
    ++image_;
  }

 private:
  const RowMap& map_;
  std::int64_t image_ = 0, y_ = 0, x_ = 0;
};

/// The taps [top, bottom) x [left, right) of a kernel that lie inside the input.
struct Window {
  std::int64_t top, bottom, left, right;

  Window(const RowMap& map, std::int64_t y, std::int64_t x)
      : top(0), bottom(map.kernel_height), left(0), right(map.kernel_width) {
    while (top < bottom && y + top * map.dilation_height < 0) ++top;
    while (bottom > top && y + (bottom - 1) * map.dilation_height >= map.in_height) --bottom;
    while (left < right && x + left * map.dilation_width < 0) ++left;
    while (right > left && x + (right - 1) * map.dilation_width >= map.in_width) --right;
  }

  std::int64_t size() const { return (bottom - top) * (right - left); }
};

/// `total` in parts of at most `largest`, as equal as can be, the larger ones first.
class EvenSplit {
 public:
  EvenSplit(std::size_t total, std::size_t largest)
      : parts_((total + largest - 1) / largest),
        size_(parts_ == 0 ? 0 : total / parts_),
        larger_(total - size_ * parts_) {}

  std::size_t parts() const { return parts_; }
  std::size_t size(std::size_t part) const { return size_ + (part < larger_ ? 1 : 0); }

 private:
  std::size_t parts_, size_, larger_;
};

}  // namespace
}  // namespace octavo::kernels
