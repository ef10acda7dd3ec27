#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "tools/error_statistics.hpp"

namespace octavo::tools {

/// How one output agrees with what is expected, over any number of runs: all values together, and
/// row by row. A row is the last dimension, such as the scores of the classes of one image.
class OutputAgreement {
 public:
  /// As many values found as expected, in rows of `classes`.
  void add(std::span<const double> expected, std::span<const double> found, std::size_t classes);

  /// Of all values.
  [[nodiscard]] const ErrorStatistics& error() const noexcept { return error_; }
  /// The share of the rows whose largest value is where it is expected; nothing for rows of one
  /// value.
  [[nodiscard]] std::optional<double> top1() const noexcept;
  /// The mean cosine of the rows.
  [[nodiscard]] double mean_cosine() const noexcept;

 private:
  ErrorStatistics error_;
  std::uint64_t rows_ = 0;
  std::uint64_t same_top1_ = 0;
  double cosines_ = 0.0;
  bool has_classes_ = false;
};

/// The number of rows whose largest value is at the place that its label says.
std::uint64_t count_right(std::span<const double> scores, std::span<const std::int64_t> labels);

}  // namespace octavo::tools
