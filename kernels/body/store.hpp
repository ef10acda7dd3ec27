#pragma once

#include <cstddef>
#include <cstring>

#include "kernels/kernels.hpp"
#include "kernels/simd.hpp"

namespace octavo::kernels {
namespace {

/// What stands in for a panel's bias that is not there.
alignas(64) constexpr float kNoBias[kPanelWidth] = {};

/// Loads `count` values, at most a batch, with `filling` behind them.
template <class A>
simd::batch<float, A> load_first(const float* from, std::size_t count, float filling) {
  constexpr std::size_t kLanes = simd::lanes<float, A>;
  if (count >= kLanes) return simd::batch<float, A>::load_unaligned(from);
  float buffer[kLanes];
  for (std::size_t i = 0; i < kLanes; ++i) buffer[i] = i < count ? from[i] : filling;
  return simd::batch<float, A>::load_unaligned(buffer);
}

/// Stores the first `count` values, all when there are more.
template <class A>
void store_first(const simd::batch<float, A>& values, std::size_t count, float* out) {
  if (count >= values.size) {
    values.store_unaligned(out);
    return;
  }
  float buffer[simd::lanes<float, A>];
  values.store_unaligned(buffer);
  std::memcpy(out, buffer, count * sizeof(float));
}

/// Writes a panel's row: straight to `out`, or, for the last columns of a narrow panel, by way of a
/// buffer, as kernels never write behind a row.
template <class T>
class PanelRow {
 public:
  PanelRow(T* out, std::size_t width) : out_(out), width_(width) {}

  template <class A>
  void store(std::size_t column, const simd::batch<T, A>& values) {
    values.store_unaligned((width_ == kPanelWidth ? out_ : buffer_) + column);
  }
  void finish() {
    if (width_ != kPanelWidth) std::memcpy(out_, buffer_, width_ * sizeof(T));
  }

 private:
  T* out_;
  std::size_t width_;
  alignas(64) T buffer_[kPanelWidth];
};

}  // namespace
}  // namespace octavo::kernels
