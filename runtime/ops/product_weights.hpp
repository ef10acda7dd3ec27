#pragma once

#include <cstdint>
#include <span>

#include "kernels/packing.hpp"
#include "runtime/ops/operator.hpp"

namespace octavo {

/// The weights of a Linear or Conv node, between the order of the file ([columns, depth], or
/// [columns, channels, spatial...]) and that of the kernels ([columns][spatial...][channels]).
class ProductWeights {
 public:
  explicit ProductWeights(const NodeView& node);

  /// The weights as the quantizer groups them: what memory holds side by side forms one segment, so
  /// that chains of partial sums may run across it. It depends on the node alone, never on shapes.
  [[nodiscard]] const kernels::WeightShape& shape() const { return shape_; }

  /// Whether rows are gathered: their segments are so short that each would end in filling, and
  /// shape() is a single one.
  [[nodiscard]] bool gathered() const { return gathered_; }

  /// Input channels of a column (of its group): the distance between the weights of one kernel.
  [[nodiscard]] std::size_t channels() const { return channels_; }

  /// Whether this is a convolution of one channel per group and output channel.
  [[nodiscard]] bool depthwise() const { return depthwise_; }

  /// Whether the orders differ.
  [[nodiscard]] bool reorders() const { return taps_ > 1 && channels_ > 1; }

  /// Whole columns from one order to the other, where the orders differ.
  template <class T>
  void to_kernel_order(std::span<const T> file, std::span<T> kernel) const {
    transpose(file, channels_, taps_, kernel);
  }
  template <class T>
  void to_file_order(std::span<const T> kernel, std::span<T> file) const {
    transpose(kernel, taps_, channels_, file);
  }

 private:
  /// Each column [rows][line] -> [line][rows].
  template <class T>
  static void transpose(std::span<const T> from, std::size_t rows, std::size_t line,
                        std::span<T> to) {
    const std::size_t size = rows * line;
    for (std::size_t begin = 0; begin < from.size(); begin += size) {
      for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < line; ++j) {
          to[begin + j * rows + i] = from[begin + i * line + j];
        }
      }
    }
  }

  std::size_t channels_ = 0;
  std::size_t taps_ = 1;
  bool depthwise_ = false;
  bool gathered_ = false;
  kernels::WeightShape shape_;
};

}  // namespace octavo
