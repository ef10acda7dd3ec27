#pragma once

#include <cstddef>
#include <optional>

#include "runtime/graph/graph.hpp"

namespace octavo::passes {

/// The weights of a quantized product as a file holds them: 8-bit levels with zero points, one or
/// one per column (null: 0).
struct LevelWeights {
  const Tensor* levels = nullptr;
  const Tensor* zeros = nullptr;
  bool columns_last = false;  ///< [depth, columns], as the right side of a matrix product

  [[nodiscard]] std::size_t columns() const;

  /// level - zero point, where all fit int8: [columns, ...]. nullopt where one does not, and where
  /// the zero points are neither one nor one per column.
  [[nodiscard]] std::optional<Tensor> as_int8() const;
  /// The same as floats.
  [[nodiscard]] std::optional<Tensor> as_floats() const;
};

/// The largest magnitude of sum (x - zero point) * w over the columns [columns, ...], for any uint8
/// or int8 x and zero point, with weights of int8 or integers as floats.
std::size_t largest_sum(const Tensor& weights);

/// Integers up to this magnitude are exact as floats, and so are sums that stay below.
inline constexpr std::size_t kMaxExactFloat = std::size_t{1} << 24U;

}  // namespace octavo::passes
