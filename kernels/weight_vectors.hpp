#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

/// Sums over a whole chain of four groups, 16 weights of a column, at once: most weights are in
/// such chains, and they are looked at while a session is planned.
namespace octavo::kernels {

using Shorts = std::int16_t __attribute__((vector_size(16)));

/// Two neighbouring weights each.
struct WeightPairs {
  Shorts first, second;

  explicit WeightPairs(const std::int8_t* w) {
    Shorts both;
    std::memcpy(&both, w, sizeof both);
    first = (both << 8) >> 8;  // the lower byte, with its sign
    second = both >> 8;
  }
};

inline Shorts magnitude(Shorts x) {
  return x < 0 ? -x : x;
}

inline Shorts larger(Shorts x, Shorts y) {
  return x > y ? x : y;
}

/// The sums of every other element: those of the chain's two int16 lanes, in elements 0 and 1.
inline Shorts lane_sums(Shorts pairs) {
  const Shorts halves = pairs + __builtin_shufflevector(pairs, pairs, 4, 5, 6, 7, 0, 1, 2, 3);
  return halves + __builtin_shufflevector(halves, halves, 2, 3, 0, 1, 6, 7, 4, 5);
}

}  // namespace octavo::kernels
