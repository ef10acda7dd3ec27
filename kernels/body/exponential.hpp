#pragma once

#include <cstdint>

#include "kernels/simd.hpp"

/// exp, sigmoid, tanh and gelu by polynomials, in multiplications and additions, so that all
/// instruction sets agree. Coefficients: minimax fits of this project for the relative error.
namespace octavo::kernels {
namespace {

/// e^x = 2^n * e^r with |r| <= ln(2) / 2 (Cody and Waite's reduction in two parts); denormal,
/// zero and infinite results as IEEE rounds them, NaN for NaN.
template <class A>
simd::batch<float, A> exponential(const simd::batch<float, A>& x) {
  using Floats = simd::batch<float, A>;
  using Ints = simd::batch<std::int32_t, A>;
  const Floats bounded = simd::clamp(x, Floats(-104.0F), Floats(89.0F));  // 0 and infinity
  const Ints n = xsimd::nearbyint_as_int(bounded * Floats(1.44269504F));
  const Floats whole = xsimd::to_float(n);
  // ln(2): the first part's few bits make its product exact.
  const Floats r = (bounded - whole * Floats(0.693359375F)) - whole * Floats(-2.1219444e-4F);

  Floats poly(1.3813145e-3F);
  poly = poly * r + Floats(8.3694188e-3F);
  poly = poly * r + Floats(4.1668456e-2F);
  poly = poly * r + Floats(1.6666515e-1F);
  poly = poly * r + Floats(4.9999994e-1F);
  poly = (poly * (r * r) + r) + Floats(1.0F);

  // 2^n in two factors, each a normal number.
  const Ints half = n >> 1;
  const auto power = [](const Ints& exponent) {
    return simd::as_float((exponent + Ints(127)) << 23);
  };
  return (poly * power(half)) * power(n - half);
}

/// 1 / (1 + e^-x), from e^-|x| so that small results keep their precision.
template <class A>
simd::batch<float, A> sigmoid(const simd::batch<float, A>& x) {
  using Floats = simd::batch<float, A>;
  const Floats one(1.0F);
  const Floats e = exponential<A>(simd::negate(xsimd::abs(x)));
  return simd::divide(xsimd::select(x < Floats(0.0F), e, one), one + e);
}

/// 1 - 2 / (e^2|x| + 1) with the sign of x; near 0, where that cancels, an odd polynomial.
template <class A>
simd::batch<float, A> hyperbolic_tangent(const simd::batch<float, A>& x) {
  using Floats = simd::batch<float, A>;
  const Floats one(1.0F);
  const Floats magnitude = xsimd::abs(x);
  const Floats far = one - simd::divide(Floats(2.0F), exponential<A>(magnitude + magnitude) + one);
  const Floats signed_far = xsimd::select(x < Floats(0.0F), simd::negate(far), far);

  const Floats z = x * x;
  Floats poly(-5.7170450e-3F);
  poly = poly * z + Floats(2.0650588e-2F);
  poly = poly * z + Floats(-5.3743497e-2F);
  poly = poly * z + Floats(1.3331491e-1F);
  poly = poly * z + Floats(-3.3333284e-1F);
  return xsimd::select(magnitude < Floats(0.625F), x + x * (z * poly), signed_far);
}

/// x * (1 + erf(x / sqrt(2))) / 2, with erfc(z) = t * exp(poly(t) - z^2), t = 1 / (1 + z / 2), for
/// z = |x| / sqrt(2): negative x keep their precision. Beyond z = 11 the result has rounded to 0 or
/// x.
template <class A>
simd::batch<float, A> gelu(const simd::batch<float, A>& x) {
  using Floats = simd::batch<float, A>;
  const Floats one(1.0F);
  const Floats half(0.5F);
  const Floats magnitude = xsimd::abs(x) * Floats(0.70710678F);
  const Floats z = simd::clamp(magnitude, Floats(0.0F), Floats(11.0F));
  const Floats t = simd::divide(one, one + half * z);
  Floats poly(1.5215241e-1F);
  poly = poly * t + Floats(-7.2008777e-1F);
  poly = poly * t + Floats(1.2488958F);
  poly = poly * t + Floats(-8.1851342e-1F);
  poly = poly * t + Floats(2.0406108e-2F);
  poly = poly * t + Floats(-5.1928049e-2F);
  poly = poly * t + Floats(5.2566781e-2F);
  poly = poly * t + Floats(3.8291531e-1F);
  poly = poly * t + Floats(9.9906170e-1F);
  poly = poly * t + Floats(-1.2654688F);
  const Floats tail = half * (t * exponential<A>(poly - z * z));
  return x * xsimd::select(x < Floats(0.0F), tail, one - tail);
}

}  // namespace
}  // namespace octavo::kernels
