#pragma once

#include <string>

#include "runtime/ops/operator.hpp"

namespace octavo::ops {

/// An input of int32 or int64 indices, constant or computed. Every index i of an axis of extent n
/// lies in [-n, n); negative ones count from the end.
class Indices {
 public:
  /// Throws Error naming the node when input `index` is of another type.
  Indices(const NodeView& node, std::size_t index);

  /// The element at `position`, in [0, extent). Throws Error{invalid_argument} that names the node
  /// and the tensor when it lies outside.
  [[nodiscard]] std::size_t at(const std::byte* data, std::size_t position,
                               std::int64_t extent) const;

 private:
  bool wide_;
  std::string where_;
};

}  // namespace octavo::ops
