#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace octavo::tools {

/// How far approximate values are from exact ones, added up over any number of tensors. Values that
/// are not finite count as equal where both are the same infinity or both NaN; others make the
/// results infinite or NaN.
class ErrorStatistics {
 public:
  /// Adds as many approximate values as exact ones; T is float or double.
  template <class T>
  void add(std::span<const T> exact, std::span<const T> approximate);

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

  /// Signal to quantization noise in dB: the power of the exact values over that of the errors.
  /// Infinite without errors, minus infinity for errors without a signal.
  [[nodiscard]] double sqnr_db() const noexcept;

  /// The cosine of the angle between exact and approximate values as vectors; 1 for two zero
  /// vectors, 0 for one.
  [[nodiscard]] double cosine() const noexcept;

  [[nodiscard]] double largest() const noexcept { return largest_; }

 private:
  std::uint64_t count_ = 0;
  double signal_ = 0.0;       ///< sum of exact squares
  double approximate_ = 0.0;  ///< sum of approximate squares
  double products_ = 0.0;
  double noise_ = 0.0;  ///< sum of squared errors
  double largest_ = 0.0;
};

}  // namespace octavo::tools
