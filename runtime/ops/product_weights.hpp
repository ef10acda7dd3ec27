#pragma once

#include <cstdint>
#include <span>
#include <vector>

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

  template <class T>
  [[nodiscard]] std::vector<T> to_kernel_order(std::span<const T> file) const {
    std::vector<T> kernel(file.begin(), file.end());
    if (taps_ > 1) transpose(file.data(), channels_, taps_, kernel.data());
    return kernel;
  }
  template <class T>
  [[nodiscard]] std::vector<T> to_file_order(std::span<const T> kernel) const {
    std::vector<T> file(kernel.begin(), kernel.end());
    if (taps_ > 1) transpose(kernel.data(), taps_, channels_, file.data());
    return file;
  }

 private:
  /// Each column [rows][line] -> [line][rows].
  template <class T>
  void transpose(const T* from, std::size_t rows, std::size_t line, T* to) const {
    const std::size_t size = rows * line;
    for (std::size_t n = 0; n < columns_; ++n, from += size, to += size) {
      for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < line; ++j) to[j * rows + i] = from[i * line + j];
      }
    }
  }

  std::size_t columns_ = 0;
  std::size_t channels_ = 0;
  std::size_t taps_ = 1;
  bool depthwise_ = false;
  bool gathered_ = false;
  kernels::WeightShape shape_;
};

}  // namespace octavo
