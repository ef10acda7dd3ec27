#pragma once

#include <bit>
#include <cstdint>

namespace octavo::calib {

/// The natural logarithm of a normal x in [2^-500, 2^500], to 1e-10. Made of exactly rounded
/// operations, so that it has the same bits on every machine, unlike std::log. Where it is used,
/// contraction to fused multiply-adds is off.
constexpr double logarithm(double x) noexcept {
  // x = m * 2^k, with m in [sqrt(1/2), sqrt(2)). The exponent is kept positive by a bias of 1024
  // and becomes a double as the low bits of 2^52.
  constexpr std::uint64_t kRootHalf = 0x3FE6A09E667F3BCD;
  constexpr std::uint64_t kMantissa = (std::uint64_t{1} << 52) - 1;
  constexpr std::uint64_t kBias = std::uint64_t{1024} << 52;
  const std::uint64_t distance = std::bit_cast<std::uint64_t>(x) - kRootHalf + kBias;
  const double k = std::bit_cast<double>(distance >> 52 | std::bit_cast<std::uint64_t>(0x1p52)) -
                   (0x1p52 + 1024.0);
  const double m = std::bit_cast<double>(kRootHalf + (distance & kMantissa));
  // log(m) = 2 atanh(z), z = (m - 1) / (m + 1), by its series up to z^11.
  const double z = (m - 1.0) / (m + 1.0);
  const double z2 = z * z;
  const double z4 = z2 * z2;
  const double series = (1.0 + z2 * (1.0 / 3.0)) + z4 * ((1.0 / 5.0 + z2 * (1.0 / 7.0)) +
                                                         z4 * (1.0 / 9.0 + z2 * (1.0 / 11.0)));
  return k * 0.693147180559945309 + 2.0 * z * series;
}

}  // namespace octavo::calib
