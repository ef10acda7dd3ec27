#include "kernels/quantization.hpp"

#include <algorithm>
#include <cmath>

namespace octavo::kernels {
namespace {

Quantization with_scale(float scale) {
  const float reciprocal = 1.0F / scale;
  if (!std::isfinite(reciprocal)) return {};
  return {scale, reciprocal, 0};
}

}  // namespace

Quantization quantization_of(Range range, Scheme scheme) noexcept {
  if (scheme == Scheme::symmetric) {
    Quantization q = with_scale(std::max(std::abs(range.low), std::abs(range.high)) / 127.0F);
    q.zero_point = 128;
    return q;
  }
  const float low = std::min(range.low, 0.0F);
  const float high = std::max(range.high, 0.0F);
  // The extent of two large finite ends overflows unless they are divided first.
  const float extent = high - low;
  Quantization q = with_scale(std::isinf(extent) ? high / 255.0F - low / 255.0F : extent / 255.0F);
  q.zero_point =
      static_cast<std::int32_t>(std::clamp(std::nearbyint(-low * q.reciprocal), 0.0F, 255.0F));
  return q;
}

}  // namespace octavo::kernels
