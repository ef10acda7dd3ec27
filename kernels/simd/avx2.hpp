#pragma once

#include <cstdint>

#include <xsimd/xsimd.hpp>

/// The primitives of kernels/simd.hpp, which includes this file, in AVX2.
#if XSIMD_WITH_AVX2

namespace octavo::kernels::simd {
namespace {
namespace detail {

template <class A>
inline batch<std::uint8_t, A> repeat4(std::int32_t bytes, requires_arch<xsimd::avx2>) noexcept {
  return _mm256_set1_epi32(bytes);
}
template <class A>
inline batch<std::int16_t, A> repeat4_widened(std::int32_t bytes,
                                              requires_arch<xsimd::avx2>) noexcept {
  return _mm256_unpacklo_epi8(_mm256_set1_epi32(bytes), _mm256_setzero_si256());
}
template <class A>
inline batch<std::int16_t, A> load_widened(const std::int8_t* p,
                                           requires_arch<xsimd::avx2>) noexcept {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
template <class A>
inline batch<std::int16_t, A> load_widened(const std::uint8_t* p,
                                           requires_arch<xsimd::avx2>) noexcept {
  return _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
template <class A>
inline batch<std::int16_t, A> repeat_pair(std::int32_t pair, requires_arch<xsimd::avx2>) noexcept {
  return _mm256_set1_epi32(pair);
}
template <class A>
inline batch<std::int16_t, A> maddubs(batch<std::uint8_t, A> const& a,
                                      batch<std::int8_t, A> const& b,
                                      requires_arch<xsimd::avx2>) noexcept {
  return _mm256_maddubs_epi16(a, b);
}
template <class A>
inline batch<std::int32_t, A> madd(batch<std::int16_t, A> const& a, batch<std::int16_t, A> const& b,
                                   requires_arch<xsimd::avx2>) noexcept {
  return _mm256_madd_epi16(a, b);
}
template <class A>
inline batch<std::int32_t, A> add_pairs(batch<std::int32_t, A> const& x,
                                        batch<std::int32_t, A> const& y,
                                        requires_arch<xsimd::avx2>) noexcept {
  return _mm256_permute4x64_epi64(_mm256_hadd_epi32(x, y), 0xD8);
}
template <class A>
inline batch<std::uint8_t, A> narrow(batch<std::int32_t, A> const& a,
                                     batch<std::int32_t, A> const& b,
                                     batch<std::int32_t, A> const& c,
                                     batch<std::int32_t, A> const& d,
                                     requires_arch<xsimd::avx2>) noexcept {
  const __m256i by_half = _mm256_packus_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
  return _mm256_permutevar8x32_epi32(by_half, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}
template <class A>
inline batch<float, A> clamp(batch<float, A> const& x, batch<float, A> const& low,
                             batch<float, A> const& high, requires_arch<xsimd::avx2>) noexcept {
  return _mm256_min_ps(high, _mm256_max_ps(low, x));
}
template <class A>
inline batch<float, A> as_float(batch<std::int32_t, A> const& x,
                                requires_arch<xsimd::avx2>) noexcept {
  return _mm256_castsi256_ps(x);
}
template <class A>
inline batch<std::int32_t, A> truncate_to_int(batch<float, A> const& x,
                                              requires_arch<xsimd::avx2>) noexcept {
  return _mm256_cvttps_epi32(x);
}
template <class A>
inline batch<double, A> low_doubles(batch<float, A> const& x, requires_arch<xsimd::avx2>) noexcept {
  return _mm256_cvtps_pd(_mm256_castps256_ps128(x));
}
template <class A>
inline batch<double, A> high_doubles(batch<float, A> const& x,
                                     requires_arch<xsimd::avx2>) noexcept {
  return _mm256_cvtps_pd(_mm256_extractf128_ps(x, 1));
}

}  // namespace detail
}  // namespace
}  // namespace octavo::kernels::simd

#endif
