#pragma once

#include <cstddef>
#include <cstdint>

#include <xsimd/xsimd.hpp>

#include "kernels/kernels.hpp"

/// The one-dimensional transforms of Winograd convolution F(M, 3) for operands of type T. Their
/// matrices: kernels/winograd.hpp.
namespace octavo::kernels {
namespace {

template <class T, std::size_t M>
struct WinogradTransform;

template <>
struct WinogradTransform<std::int16_t, 4> {
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
struct WinogradTransform<std::int16_t, 2> {
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

template <>
struct WinogradTransform<float, 4> {
  static constexpr double p = FloatWinogradProduct::kPoint;
  static constexpr double q = 1.0 / p;

  template <class Floats>
  [[gnu::always_inline]] static void input(const Floats (&d)[6], Floats (&v)[6]) {
    const Floats even_p = xsimd::fnma(constant<Floats>(q * q), d[2], d[4]);
    const Floats odd_p = xsimd::fnma(constant<Floats>(q * q), d[1], d[3]);
    const Floats even_q = xsimd::fnma(constant<Floats>(p * p), d[2], d[4]);
    const Floats odd_q = xsimd::fnma(constant<Floats>(p * p), d[1], d[3]);
    v[0] = xsimd::fnma(constant<Floats>(p * p + q * q), d[2], d[0] + d[4]);
    v[1] = xsimd::fma(constant<Floats>(p), odd_p, even_p);
    v[2] = xsimd::fnma(constant<Floats>(p), odd_p, even_p);
    v[3] = xsimd::fma(constant<Floats>(q), odd_q, even_q);
    v[4] = xsimd::fnma(constant<Floats>(q), odd_q, even_q);
    v[5] = xsimd::fnma(constant<Floats>(p * p + q * q), d[3], d[1] + d[5]);
  }

  template <class Floats>
  [[gnu::always_inline]] static void output(const Floats (&m)[6], Floats (&y)[4]) {
    const Floats even_p = m[1] + m[2];
    const Floats odd_p = m[1] - m[2];
    const Floats even_q = m[3] + m[4];
    const Floats odd_q = m[3] - m[4];
    y[0] = (m[0] + even_p) + even_q;
    y[1] = xsimd::fma(constant<Floats>(p), odd_p, constant<Floats>(q) * odd_q);
    y[2] = xsimd::fma(constant<Floats>(p * p), even_p, constant<Floats>(q * q) * even_q);
    y[3] = xsimd::fma(constant<Floats>(p * p * p), odd_p,
                      xsimd::fma(constant<Floats>(q * q * q), odd_q, m[5]));
  }

  template <class Floats>
  [[gnu::always_inline]] static Floats unscaled(const Floats& y) {
    return y;
  }

 private:
  template <class Floats>
  [[gnu::always_inline]] static Floats constant(double x) {
    return Floats(static_cast<float>(x));
  }
};

}  // namespace
}  // namespace octavo::kernels
