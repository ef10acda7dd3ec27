#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <xsimd/xsimd.hpp>

/// The primitives of kernels/simd.hpp, which includes this file, in NEON. The compiler's flags tell
/// whether the dot product and the int8 matrix extensions are there: nothing can derive from
/// neon64, as functions of xsimd 8.1 name it in their results.
#if XSIMD_WITH_NEON64

namespace octavo::kernels::simd {
namespace {

template <>
inline constexpr std::size_t register_count<xsimd::neon64> = 32;

#if defined(__ARM_FEATURE_MATMUL_INT8)
template <>
inline constexpr bool has_matrix_dot<xsimd::neon64> = true;
#else
template <>
inline constexpr std::int32_t dot4_origin<xsimd::neon64> = 128;
#endif

#if defined(__ARM_FEATURE_DOTPROD)
template <>
inline constexpr std::size_t dot4_sums<xsimd::neon64> = 1;
#else
template <>
inline constexpr std::size_t dot4_sums<xsimd::neon64> = 2;
#endif

namespace detail {

/// a - 128 for each byte.
inline int8x16_t as_signed(uint8x16_t a) noexcept {
  return vreinterpretq_s8_u8(veorq_u8(a, vdupq_n_u8(0x80)));
}

template <class A>
inline batch<std::uint8_t, A> repeat4(std::int32_t bytes, requires_arch<xsimd::neon64>) noexcept {
  return vreinterpretq_u8_s32(vdupq_n_s32(bytes));
}
template <class A>
inline batch<std::int16_t, A> repeat4_widened(std::int32_t bytes,
                                              requires_arch<xsimd::neon64>) noexcept {
  return vreinterpretq_s16_u16(vmovl_u8(vreinterpret_u8_s32(vdup_n_s32(bytes))));
}
template <class A>
inline batch<std::int16_t, A> load_widened(const std::int8_t* p,
                                           requires_arch<xsimd::neon64>) noexcept {
  return vmovl_s8(vld1_s8(p));
}
template <class A>
inline batch<std::int16_t, A> load_widened(const std::uint8_t* p,
                                           requires_arch<xsimd::neon64>) noexcept {
  return vreinterpretq_s16_u16(vmovl_u8(vld1_u8(p)));
}
template <class A>
inline batch<std::int16_t, A> repeat_pair(std::int32_t pair,
                                          requires_arch<xsimd::neon64>) noexcept {
  return vreinterpretq_s16_s32(vdupq_n_s32(pair));
}
template <class A>
inline batch<std::int16_t, A> maddubs(batch<std::uint8_t, A> const& a,
                                      batch<std::int8_t, A> const& b,
                                      requires_arch<xsimd::neon64>) noexcept {
  const int16x8_t low =
      vmulq_s16(vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(a))), vmovl_s8(vget_low_s8(b)));
  const int16x8_t high = vmulq_s16(vreinterpretq_s16_u16(vmovl_high_u8(a)), vmovl_high_s8(b));
  return vqaddq_s16(vuzp1q_s16(low, high), vuzp2q_s16(low, high));
}
template <class A>
inline batch<std::int32_t, A> madd(batch<std::int16_t, A> const& a, batch<std::int16_t, A> const& b,
                                   requires_arch<xsimd::neon64>) noexcept {
  const int16x8_t x = a;
  const int16x8_t y = b;
  return vpaddq_s32(vmull_s16(vget_low_s16(x), vget_low_s16(y)), vmull_high_s16(x, y));
}
template <class A>
inline batch<std::int32_t, A> add_pairs(batch<std::int32_t, A> const& x,
                                        batch<std::int32_t, A> const& y,
                                        requires_arch<xsimd::neon64>) noexcept {
  return vpaddq_s32(x, y);
}
template <class A>
inline batch<std::uint8_t, A> narrow(batch<std::int32_t, A> const& a,
                                     batch<std::int32_t, A> const& b,
                                     batch<std::int32_t, A> const& c,
                                     batch<std::int32_t, A> const& d,
                                     requires_arch<xsimd::neon64>) noexcept {
  const int16x8_t low = vqmovn_high_s32(vqmovn_s32(a), b);
  const int16x8_t high = vqmovn_high_s32(vqmovn_s32(c), d);
  return vqmovun_high_s16(vqmovun_s16(low), high);
}
/// By comparisons, as fmin and fmax would change the sign of a zero that is equal to a bound.
template <class A>
inline batch<float, A> clamp(batch<float, A> const& x, batch<float, A> const& low,
                             batch<float, A> const& high, requires_arch<xsimd::neon64>) noexcept {
  const float32x4_t raised = vbslq_f32(vcltq_f32(x, low), low, x);
  return vbslq_f32(vcgtq_f32(raised, high), high, raised);
}
template <class A>
inline batch<float, A> at_most(batch<float, A> const& x, batch<float, A> const& bound,
                               requires_arch<xsimd::neon64>) noexcept {
  return vbslq_f32(vcltq_f32(x, bound), x, bound);
}
template <class A>
inline batch<float, A> divide(batch<float, A> const& x, batch<float, A> const& y,
                              requires_arch<xsimd::neon64>) noexcept {
  return vdivq_f32(x, y);
}
template <class A>
inline batch<float, A> square_root(batch<float, A> const& x,
                                   requires_arch<xsimd::neon64>) noexcept {
  return vsqrtq_f32(x);
}
template <class A>
inline batch<float, A> as_float(batch<std::int32_t, A> const& x,
                                requires_arch<xsimd::neon64>) noexcept {
  return vreinterpretq_f32_s32(x);
}
template <class A>
inline batch<std::int32_t, A> truncate_to_int(batch<float, A> const& x,
                                              requires_arch<xsimd::neon64>) noexcept {
  return vcvtq_s32_f32(x);
}
template <class A>
inline batch<double, A> low_doubles(batch<float, A> const& x,
                                    requires_arch<xsimd::neon64>) noexcept {
  return vcvt_f64_f32(vget_low_f32(x));
}
template <class A>
inline batch<double, A> high_doubles(batch<float, A> const& x,
                                     requires_arch<xsimd::neon64>) noexcept {
  return vcvt_high_f64_f32(x);
}

#if defined(__ARM_FEATURE_MATMUL_INT8)
template <class A>
inline void dot4(batch<std::int32_t, A> (&sums)[1], batch<std::uint8_t, A> const& a,
                 batch<std::int8_t, A> const& b, requires_arch<xsimd::neon64>) noexcept {
  sums[0] = vusdotq_s32(sums[0], a, b);
}
template <class A>
inline batch<std::uint8_t, A> load_rows(const std::uint8_t* p, const std::uint8_t* q,
                                        requires_arch<xsimd::neon64>) noexcept {
  return vcombine_u8(vld1_u8(p), vld1_u8(q));
}
template <class A>
inline void matrix_dot(batch<std::int32_t, A> (&sums)[2], batch<std::uint8_t, A> const& rows,
                       batch<std::int8_t, A> const& first, batch<std::int8_t, A> const& second,
                       requires_arch<xsimd::neon64>) noexcept {
  const int32x4_t x = vreinterpretq_s32_s8(first);
  const int32x4_t y = vreinterpretq_s32_s8(second);
  sums[0] = vusmmlaq_s32(sums[0], rows, vreinterpretq_s8_s32(vzip1q_s32(x, y)));
  sums[1] = vusmmlaq_s32(sums[1], rows, vreinterpretq_s8_s32(vzip2q_s32(x, y)));
}
template <class A>
inline batch<std::int32_t, A> matrix_row(batch<std::int32_t, A> const (&sums)[2],
                                         std::integral_constant<std::size_t, 0>,
                                         requires_arch<xsimd::neon64>) noexcept {
  return vcombine_s32(vget_low_s32(sums[0]), vget_low_s32(sums[1]));
}
template <class A>
inline batch<std::int32_t, A> matrix_row(batch<std::int32_t, A> const (&sums)[2],
                                         std::integral_constant<std::size_t, 1>,
                                         requires_arch<xsimd::neon64>) noexcept {
  return vcombine_s32(vget_high_s32(sums[0]), vget_high_s32(sums[1]));
}
#elif defined(__ARM_FEATURE_DOTPROD)
template <class A>
inline void dot4(batch<std::int32_t, A> (&sums)[1], batch<std::uint8_t, A> const& a,
                 batch<std::int8_t, A> const& b, requires_arch<xsimd::neon64>) noexcept {
  sums[0] = vdotq_s32(sums[0], as_signed(a), b);
}
#else
/// Two products may reach 2^15: each pair is added in int32.
template <class A>
inline void dot4(batch<std::int32_t, A> (&sums)[2], batch<std::uint8_t, A> const& a,
                 batch<std::int8_t, A> const& b, requires_arch<xsimd::neon64>) noexcept {
  const int8x16_t x = as_signed(a);
  const int8x16_t y = b;
  sums[0] = vpadalq_s16(sums[0], vmull_s8(vget_low_s8(x), vget_low_s8(y)));
  sums[1] = vpadalq_s16(sums[1], vmull_high_s8(x, y));
}
#endif

}  // namespace detail
}  // namespace
}  // namespace octavo::kernels::simd

#endif
