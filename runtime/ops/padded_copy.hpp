#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/ops/conv_shape.hpp"
#include "runtime/ops/ranges.hpp"

namespace octavo::ops {

/// Splits the lines of a padded copy over the threads. `border(p, n)` fills n elements of padding,
/// `line(p, source, image)` one line of the input.
template <class S, class T, class Border, class Line>
void write_padded(const ConvShape& shape, const S* x, T* out, Workers& workers,
                  const Border& border, const Line& line) {
  const auto channels = static_cast<std::size_t>(shape.in_channels);
  const std::size_t line_size = static_cast<std::size_t>(shape.padded_width()) * channels;
  const std::size_t left = static_cast<std::size_t>(shape.pad_left) * channels;
  const std::size_t right = static_cast<std::size_t>(shape.pad_right) * channels;
  const std::size_t length = static_cast<std::size_t>(shape.in_width) * channels;
  const auto lines = static_cast<std::size_t>(shape.images * shape.padded_height());
  for_ranges(workers, lines, line_size, [&](std::size_t begin, std::size_t end) noexcept {
    for (std::size_t i = begin; i < end; ++i) {
      T* to = out + i * line_size;
      const std::int64_t image = static_cast<std::int64_t>(i) / shape.padded_height();
      const std::int64_t y = static_cast<std::int64_t>(i) % shape.padded_height() - shape.pad_top;
      if (y < 0 || y >= shape.in_height) {
        border(to, line_size, static_cast<std::size_t>(image));
        continue;
      }
      const S* from = x + static_cast<std::size_t>(image * shape.in_height + y) * length;
      border(to, left, static_cast<std::size_t>(image));
      line(to + left, from, length, static_cast<std::size_t>(image));
      border(to + left + length, right, static_cast<std::size_t>(image));
    }
  });
}

}  // namespace octavo::ops
