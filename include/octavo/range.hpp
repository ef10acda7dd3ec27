#pragma once

#include <cstdint>

namespace octavo {

/// The interval of activations that the 256 levels of uint8 cover. Values outside are clipped.
struct Range {
  float low = 0.0F;
  float high = 0.0F;
};

/// How a range becomes a scale and a zero point.
/// symmetric: scale = max(|low|, |high|) / 127, zero point 128.
/// asymmetric: the range is widened to hold 0, scale = (high - low) / 255.
enum class Scheme : std::uint8_t { symmetric, asymmetric };

}  // namespace octavo
