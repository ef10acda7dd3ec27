#include "tools/output_agreement.hpp"

#include <algorithm>

namespace octavo::tools {
namespace {

std::ptrdiff_t largest_of(std::span<const double> row) {
  return std::ranges::max_element(row) - row.begin();
}

}  // namespace

void OutputAgreement::add(std::span<const double> expected, std::span<const double> found,
                          std::size_t classes) {
  error_.add(expected, found);
  has_classes_ = classes > 1;
  for (std::size_t i = 0; i < expected.size(); i += classes) {
    const auto row = expected.subspan(i, classes);
    const auto other = found.subspan(i, classes);
    ErrorStatistics errors;
    errors.add(row, other);
    cosines_ += errors.cosine();
    if (largest_of(row) == largest_of(other)) ++same_top1_;
    ++rows_;
  }
}

std::optional<double> OutputAgreement::top1() const noexcept {
  if (!has_classes_ || rows_ == 0) return {};
  return static_cast<double>(same_top1_) / static_cast<double>(rows_);
}

double OutputAgreement::mean_cosine() const noexcept {
  return rows_ == 0 ? 1.0 : cosines_ / static_cast<double>(rows_);
}

std::uint64_t count_right(std::span<const double> scores, std::span<const std::int64_t> labels) {
  if (labels.empty()) return 0;
  const std::size_t classes = scores.size() / labels.size();
  std::uint64_t right = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (largest_of(scores.subspan(i * classes, classes)) == labels[i]) ++right;
  }
  return right;
}

}  // namespace octavo::tools
