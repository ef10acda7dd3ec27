#pragma once

#include <cstdint>

#include <xsimd/xsimd.hpp>

/// The primitives of kernels/simd.hpp, which includes this file, in SSE4.1 (with SSSE3).
#if XSIMD_WITH_SSE4_1

namespace octavo::kernels::simd {
namespace {
namespace detail {

template <class A>
inline batch<std::uint8_t, A> repeat4(std::int32_t bytes, requires_arch<xsimd::sse4_1>) noexcept {
  return _mm_set1_epi32(bytes);
}
template <class A>
inline batch<std::int16_t, A> repeat4_widened(std::int32_t bytes,
                                              requires_arch<xsimd::sse4_1>) noexcept {
  return _mm_unpacklo_epi8(_mm_set1_epi32(bytes), _mm_setzero_si128());
}
template <class A>
inline batch<std::int16_t, A> load_widened(const std::int8_t* p,
                                           requires_arch<xsimd::sse4_1>) noexcept {
  return _mm_cvtepi8_epi16(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
}
template <class A>
inline batch<std::int16_t, A> load_widened(const std::uint8_t* p,
                                           requires_arch<xsimd::sse4_1>) noexcept {
  return _mm_cvtepu8_epi16(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
}
template <class A>
inline batch<std::int16_t, A> repeat_pair(std::int32_t pair,
                                          requires_arch<xsimd::sse4_1>) noexcept {
  return _mm_set1_epi32(pair);
}
template <class A>
inline batch<std::int16_t, A> maddubs(batch<std::uint8_t, A> const& a,
                                      batch<std::int8_t, A> const& b,
                                      requires_arch<xsimd::sse4_1>) noexcept {
  return _mm_maddubs_epi16(a, b);
}
template <class A>
inline batch<std::int32_t, A> madd(batch<std::int16_t, A> const& a, batch<std::int16_t, A> const& b,
                                   requires_arch<xsimd::sse4_1>) noexcept {
  return _mm_madd_epi16(a, b);
}
template <class A>
inline batch<std::int32_t, A> add_pairs(batch<std::int32_t, A> const& x,
                                        batch<std::int32_t, A> const& y,
                                        requires_arch<xsimd::sse4_1>) noexcept {
  return _mm_hadd_epi32(x, y);
}
template <class A>
inline batch<std::uint8_t, A> narrow(batch<std::int32_t, A> const& a,
                                     batch<std::int32_t, A> const& b,
                                     batch<std::int32_t, A> const& c,
                                     batch<std::int32_t, A> const& d,
                                     requires_arch<xsimd::sse4_1>) noexcept {
  return _mm_packus_epi16(_mm_packs_epi32(a, b), _mm_packs_epi32(c, d));
}
template <class A>
inline batch<float, A> clamp(batch<float, A> const& x, batch<float, A> const& low,
                             batch<float, A> const& high, requires_arch<xsimd::sse4_1>) noexcept {
  return _mm_min_ps(high, _mm_max_ps(low, x));  // where unordered, both give their second operand
}
template <class A>
inline batch<float, A> as_float(batch<std::int32_t, A> const& x,
                                requires_arch<xsimd::sse4_1>) noexcept {
  return _mm_castsi128_ps(x);
}
template <class A>
inline batch<std::int32_t, A> truncate_to_int(batch<float, A> const& x,
                                              requires_arch<xsimd::sse4_1>) noexcept {
  return _mm_cvttps_epi32(x);
}
template <class A>
inline batch<double, A> low_doubles(batch<float, A> const& x,
                                    requires_arch<xsimd::sse4_1>) noexcept {
  return _mm_cvtps_pd(x);
}
template <class A>
inline batch<double, A> high_doubles(batch<float, A> const& x,
                                     requires_arch<xsimd::sse4_1>) noexcept {
  return _mm_cvtps_pd(_mm_movehl_ps(x, x));
}

}  // namespace detail
}  // namespace
}  // namespace octavo::kernels::simd

#endif
