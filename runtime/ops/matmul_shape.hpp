#pragma once

#include "runtime/concat.hpp"
#include "runtime/ops/broadcast.hpp"
#include "runtime/ops/matrix_product.hpp"
#include "runtime/ops/strided.hpp"

namespace octavo::ops {

/// numpy.matmul's reading of two operands: a vector on the left is a row, one on the right a
/// column; the dimensions before the last two broadcast.
struct MatMulShapes {
  Shape a, b;  ///< at least two dimensions each
  Shape batch;
  Shape output;

  /// Throws Error naming the node when they cannot be multiplied.
  MatMulShapes(const NodeView& node, const Shape& left, const Shape& right) : a(left), b(right) {
    if (a.size() == 1) a.insert(a.begin(), 1);
    if (b.size() == 1) b.push_back(1);
    if (a.empty() || b.empty() || a.back() != b[b.size() - 2]) {
      node.fail(ErrorCode::invalid_graph, concat({"cannot multiply ", left, " by ", right}));
    }
    batch = broadcast(node, a_batch(), b_batch());
    output = batch;
    if (left.size() > 1) output.push_back(a[a.size() - 2]);
    if (right.size() > 1) output.push_back(b.back());
  }

  [[nodiscard]] Shape a_batch() const { return {a.begin(), a.end() - 2}; }
  [[nodiscard]] Shape b_batch() const { return {b.begin(), b.end() - 2}; }

  /// One product of the batch.
  [[nodiscard]] MatrixShape matrix() const {
    return {static_cast<std::size_t>(a[a.size() - 2]), static_cast<std::size_t>(a.back()),
            static_cast<std::size_t>(b.back())};
  }

  /// Loops over the batch with the offsets of both operands.
  [[nodiscard]] StridedLoops<2> batches(const NodeView& node) const {
    const std::vector<std::int64_t> a_strides = broadcast_strides(a_batch(), batch);
    const std::vector<std::int64_t> b_strides = broadcast_strides(b_batch(), batch);
    const std::int64_t a_size = a[a.size() - 2] * a.back();
    const std::int64_t b_size = b[b.size() - 2] * b.back();
    std::vector<StridedLoops<2>::Loop> dimensions;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      dimensions.push_back({batch[i], {a_strides[i] * a_size, b_strides[i] * b_size}});
    }
    return {node, dimensions};
  }
};

}  // namespace octavo::ops
