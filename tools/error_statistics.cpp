#include "tools/error_statistics.hpp"

#include <cmath>
#include <cstddef>
#include <limits>

namespace octavo::tools {

template <class T>
void ErrorStatistics::add(std::span<const T> exact, std::span<const T> approximate) {
  count_ += exact.size();
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const auto x = static_cast<double>(exact[i]);
    const auto y = static_cast<double>(approximate[i]);
    if (!std::isfinite(x) && (x == y || (std::isnan(x) && std::isnan(y)))) continue;
    const double error = std::abs(x - y);
    signal_ += x * x;
    approximate_ += y * y;
    products_ += x * y;
    noise_ += error * error;
    if (error > largest_ || std::isnan(error)) largest_ = error;
  }
}
template void ErrorStatistics::add(std::span<const float>, std::span<const float>);
template void ErrorStatistics::add(std::span<const double>, std::span<const double>);

double ErrorStatistics::sqnr_db() const noexcept {
  if (noise_ == 0.0) return std::numeric_limits<double>::infinity();
  return 10.0 * std::log10(signal_ / noise_);
}

double ErrorStatistics::cosine() const noexcept {
  if (signal_ == 0.0 && approximate_ == 0.0) return 1.0;
  if (signal_ == 0.0 || approximate_ == 0.0) return 0.0;
  return products_ / (std::sqrt(signal_) * std::sqrt(approximate_));
}

}  // namespace octavo::tools
