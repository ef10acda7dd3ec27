#pragma once

#include <bit>
#include <cstdint>

namespace octavo::ops {

/// IEEE 754 binary16, as its bits.
struct Float16 {
  std::uint16_t bits = 0;
};

/// Exact.
inline float to_float(Float16 half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half.bits & 0x8000U) << 16;
  const std::uint32_t magnitude = half.bits & 0x7FFFU;
  if (magnitude >= 0x7C00U) {  // infinity and NaN: widen the exponent of all ones
    return std::bit_cast<float>(sign | 0x7F800000U | (magnitude & 0x3FFU) << 13);
  }
  // The bits of a half, read as those of a float, are its value times 2^-112 (subnormals too).
  return std::bit_cast<float>(
      sign | std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude << 13) * 0x1p112F));
}

/// Rounds half to even; values from 65520 on become infinite.
inline Float16 to_float16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000U);
  const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
  std::uint32_t half = 0;
  if (magnitude > 0x7F800000U) {
    half = 0x7E00U;
  } else if (magnitude >= 0x477FF000U) {
    half = 0x7C00U;
  } else if (magnitude >= 0x38800000U) {
    half = (magnitude - 0x38000000U + 0xFFFU + (magnitude >> 13 & 1U)) >> 13;
  } else {
    // Subnormal: adding 0.5 aligns the last bit of the sum with 2^-24 and rounds half to even.
    const float sum = std::bit_cast<float>(magnitude) + 0.5F;
    half = std::bit_cast<std::uint32_t>(sum) - std::bit_cast<std::uint32_t>(0.5F);
  }
  return {static_cast<std::uint16_t>(sign | half)};
}

}  // namespace octavo::ops
