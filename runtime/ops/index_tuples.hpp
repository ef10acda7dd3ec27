#pragma once

#include <vector>

#include "runtime/ops/indices.hpp"
#include "runtime/ops/operator.hpp"

namespace octavo::ops {

/// Tuples of indices into the dimensions of `data` from `batch` on: each names an item of `size`
/// contiguous elements.
struct Tuples {
  std::size_t batches = 1, count = 1, length = 1, size = 1;
  std::vector<std::int64_t> extents;  ///< of the dimensions that a tuple indexes
  std::size_t batch_size = 1;         ///< elements of one batch

  /// Input 0 is the data, input 1 holds the tuples. Throws Error naming the node when they do not
  /// fit.
  Tuples(const NodeView& node, std::size_t batch);

  /// The first element of the item that a tuple of a batch names.
  [[nodiscard]] std::size_t find(const Indices& indices, const std::byte* data, std::size_t batch,
                                 std::size_t tuple) const;
};

/// Constant tuples are checked while planning.
void check_constant_tuples(const NodeView& node, const Tuples& tuples);

}  // namespace octavo::ops
