#pragma once

#include <cstddef>
#include <cstdint>

/// The one-dimensional transforms of Winograd convolution F(M, 3), as sums and shifts of batches.
/// Their matrices: kernels/winograd.hpp.
namespace octavo::kernels {
namespace {

template <std::size_t M>
struct WinogradTransform;

template <>
struct WinogradTransform<4> {
  /// What position (1, 1) of B^T d B holds of a constant 1.
  static constexpr int kCentre = 36;

  /// v = B^T d. In int16: |v| <= 17340 after both dimensions for bytes.
  template <class Shorts>
  [[gnu::always_inline]] static void input(const Shorts (&d)[6], Shorts (&v)[6]) {
    const Shorts a = d[4] - (d[2] << 2);
    const Shorts b = d[3] - (d[1] << 2);
    const Shorts c = d[4] - d[2];
    const Shorts half = d[3] - d[1];
    const Shorts e = half + half;
    v[0] = ((d[0] - d[2]) << 2) + c;
    v[1] = a + b;
    v[2] = a - b;
    v[3] = c + e;
    v[4] = c - e;
    v[5] = (d[5] - d[3]) - (e + e);
  }

  /// y = A^T m; the column of the last m is scaled by 4 to make up for its row of G.
  template <class Ints>
  [[gnu::always_inline]] static void output(const Ints (&m)[6], Ints (&y)[4]) {
    const Ints s = m[1] + m[2];
    const Ints d = m[1] - m[2];
    const Ints p = m[3] + m[4];
    const Ints q = m[3] - m[4];
    y[0] = (m[0] + s) + p;
    y[1] = d + (q + q);
    y[2] = s + (p << 2);
    y[3] = (d + (q << 3)) + (m[5] << 2);
  }

  /// y from 576 * y modulo 2^32.
  template <class Ints>
  [[gnu::always_inline]] static Ints unscaled(const Ints& y) {
    constexpr std::uint32_t kInverseOf9 = 0x38E38E39;
    return (y * Ints(static_cast<std::int32_t>(kInverseOf9))) >> 6;
  }
};

template <>
struct WinogradTransform<2> {
  static constexpr int kCentre = 4;

  template <class Shorts>
  [[gnu::always_inline]] static void input(const Shorts (&d)[4], Shorts (&v)[4]) {
    v[0] = d[0] - d[2];
    v[1] = d[1] + d[2];
    v[2] = d[2] - d[1];
    v[3] = d[1] - d[3];
  }

  template <class Ints>
  [[gnu::always_inline]] static void output(const Ints (&m)[4], Ints (&y)[2]) {
    const Ints s = m[1] + m[2];
    y[0] = m[0] + s;
    y[1] = (m[1] - m[2]) - m[3];
  }

  /// y from 4 * y modulo 2^32.
  template <class Ints>
  [[gnu::always_inline]] static Ints unscaled(const Ints& y) {
    return y >> 2;
  }
};

}  // namespace
}  // namespace octavo::kernels
