#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "runtime/ops/ranges.hpp"
#include "runtime/ops/window_taps.hpp"

namespace octavo::ops {

/// A convolution (or its transpose, by its taps) of channels-last tensors as plain loops: exact for
/// integers, in a fixed order for floats. Weights are [kernel elements][group][channels of the
/// group][columns of the group].
template <class T, class Sum>
struct WindowProduct {
  WindowWalk walk;
  std::size_t images = 1, groups = 1;
  std::size_t group_channels = 0, group_columns = 0;
  std::vector<Sum> weights;

  [[nodiscard]] std::size_t columns() const { return groups * group_columns; }

  /// Writes the sums of all output positions, row-major, each starting from `bias` (null: from 0);
  /// load(x) is the number that an element of the input stands for.
  template <class Load>
  void run(const T* x, const Sum* bias, const Load& load, Sum* out, Workers& workers) const {
    const std::size_t positions = walk.positions();
    const std::size_t in_channels = groups * group_channels;
    for_ranges(workers, images * positions, columns() * group_channels,
               [&](std::size_t begin, std::size_t end) {
                 for (std::size_t at = begin; at < end; ++at) {
                   const T* image = x + at / positions * walk.input_positions() * in_channels;
                   Sum* sums = out + at * columns();
                   for (std::size_t n = 0; n < columns(); ++n)
                     sums[n] = bias != nullptr ? bias[n] : Sum{0};
                   walk.for_each(at % positions, [&](std::size_t kernel, std::size_t input) {
                     for (std::size_t g = 0; g < groups; ++g) {
                       accumulate(
                           image + input * in_channels + g * group_channels,
                           weights.data() + (kernel * groups + g) * group_channels * group_columns,
                           sums + g * group_columns, load);
                     }
                   });
                 }
               });
  }

 private:
  template <class Load>
  void accumulate(const T* x, const Sum* w, Sum* sums, const Load& load) const {
    for (std::size_t c = 0; c < group_channels; ++c) {
      const Sum value = load(x[c]);
      for (std::size_t n = 0; n < group_columns; ++n) sums[n] += value * *w++;
    }
  }
};

/// Weights of Conv, [columns, channels of a group, kernel...], in the order of WindowProduct.
template <class Sum, class T, class Load>
std::vector<Sum> conv_weights(const T* weight, const Shape& shape, std::size_t groups,
                              const Load& load) {
  const std::size_t channels = static_cast<std::size_t>(shape[1]);
  const std::size_t columns = static_cast<std::size_t>(shape[0]) / groups;
  const std::size_t taps = element_count(shape) / (groups * columns * channels);
  std::vector<Sum> result(element_count(shape));
  for (std::size_t n = 0; n < groups * columns; ++n) {
    for (std::size_t c = 0; c < channels; ++c) {
      for (std::size_t k = 0; k < taps; ++k) {
        const std::size_t row = (k * groups + n / columns) * channels + c;
        result[row * columns + n % columns] = load(weight[(n * channels + c) * taps + k], n);
      }
    }
  }
  return result;
}

/// The walk of a convolution whose input and output, channels last, have these shapes.
inline WindowWalk conv_walk(const NodeView& node, const SpatialWindow& window) {
  const Shape& in = node.shape(0);
  const Shape& out = node.output(0).shape;
  std::vector<AxisTaps> axes;
  for (std::size_t i = 0; i < window.rank(); ++i) {
    axes.push_back(window_taps(node, window, i, in[i + 1], out[i + 1]));
  }
  return {std::move(axes), {in.begin() + 1, in.end() - 1}, window.kernel};
}

}  // namespace octavo::ops
