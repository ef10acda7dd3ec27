#pragma once

#include <cstdint>

#include "octavo/range.hpp"

namespace octavo::kernels {

/// An affine map of floats onto uint8: q = clamp(round_half_even(x * reciprocal) + zero_point, 0,
/// 255). All instruction sets multiply by the same reciprocal, so they agree in every bit.
struct Quantization {
  float scale = 1.0F;
  float reciprocal = 1.0F;  ///< 1 / scale, rounded once
  std::int32_t zero_point = 0;
  /// Levels of x / scale instead, as ONNX defines them: it takes longer. A quotient that is NaN
  /// gives the zero point.
  bool divides = false;
};

/// The map that covers `range` (finite; low <= high). A range without extent has scale 1, so that
/// all values become the zero point; a scale too small for a finite reciprocal counts as that.
Quantization quantization_of(Range range, Scheme scheme) noexcept;

}  // namespace octavo::kernels
