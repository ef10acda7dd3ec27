#pragma once

#include <cstddef>
#include <cstdint>

#include <xsimd/xsimd.hpp>

/// The primitives of kernels/simd.hpp, which includes this file, in AVX-512 (F, CD, BW, DQ, VL).
#if XSIMD_WITH_AVX512BW

namespace octavo::kernels::simd {
namespace {

template <>
inline constexpr std::size_t register_count<xsimd::avx512bw> = 32;
template <>
inline constexpr bool has_masks<xsimd::avx512bw> = true;

template <class A>
requires has_masks<A>
class FirstLanes<A> {
 public:
  explicit FirstLanes(std::size_t count) noexcept
      : mask_(static_cast<__mmask16>(count < 16 ? (1U << count) - 1 : 0xFFFFU)) {}
  void store(batch<float, A> const& x, float* out) const noexcept {
    _mm512_mask_storeu_ps(out, mask_, x);
  }
  batch<float, A> select(batch<float, A> const& x, batch<float, A> const& y) const noexcept {
    return _mm512_mask_mov_ps(y, mask_, x);
  }

 private:
  __mmask16 mask_;
};

namespace detail {

template <class A>
inline void store_part(batch<float, A> const& x, std::size_t count, float* out,
                       requires_arch<xsimd::avx512bw>) noexcept {
  _mm512_mask_storeu_ps(out, static_cast<__mmask16>((1U << count) - 1), x);
}
template <class A>
inline void store_part(batch<std::int32_t, A> const& x, std::size_t count, std::int32_t* out,
                       requires_arch<xsimd::avx512bw>) noexcept {
  _mm512_mask_storeu_epi32(out, static_cast<__mmask16>((1U << count) - 1), x);
}
template <class A>
inline batch<std::uint8_t, A> repeat4(std::int32_t bytes, requires_arch<xsimd::avx512bw>) noexcept {
  return _mm512_set1_epi32(bytes);
}
template <class A>
inline batch<std::int16_t, A> repeat4_widened(std::int32_t bytes,
                                              requires_arch<xsimd::avx512bw>) noexcept {
  return _mm512_cvtepu8_epi16(_mm256_set1_epi32(bytes));
}
template <class A>
inline batch<std::int16_t, A> load_widened(const std::int8_t* p,
                                           requires_arch<xsimd::avx512bw>) noexcept {
  return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
template <class A>
inline batch<std::int16_t, A> load_widened(const std::uint8_t* p,
                                           requires_arch<xsimd::avx512bw>) noexcept {
  return _mm512_cvtepu8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
template <class A>
inline batch<std::int16_t, A> repeat_pair(std::int32_t pair,
                                          requires_arch<xsimd::avx512bw>) noexcept {
  return _mm512_set1_epi32(pair);
}
template <class A>
inline batch<std::int16_t, A> maddubs(batch<std::uint8_t, A> const& a,
                                      batch<std::int8_t, A> const& b,
                                      requires_arch<xsimd::avx512bw>) noexcept {
  return _mm512_maddubs_epi16(a, b);
}
template <class A>
inline batch<std::int32_t, A> madd(batch<std::int16_t, A> const& a, batch<std::int16_t, A> const& b,
                                   requires_arch<xsimd::avx512bw>) noexcept {
  return _mm512_madd_epi16(a, b);
}
template <class A>
inline batch<std::int32_t, A> add_pairs(batch<std::int32_t, A> const& x,
                                        batch<std::int32_t, A> const& y,
                                        requires_arch<xsimd::avx512bw>) noexcept {
  const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  const __m512i odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
  return _mm512_add_epi32(_mm512_permutex2var_epi32(x, even, y),
                          _mm512_permutex2var_epi32(x, odd, y));
}
template <class A>
inline batch<std::uint8_t, A> narrow(batch<std::int32_t, A> const& a,
                                     batch<std::int32_t, A> const& b,
                                     batch<std::int32_t, A> const& c,
                                     batch<std::int32_t, A> const& d,
                                     requires_arch<xsimd::avx512bw>) noexcept {
  const __m512i by_quarter =
      _mm512_packus_epi16(_mm512_packs_epi32(a, b), _mm512_packs_epi32(c, d));
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  return _mm512_permutexvar_epi32(order, by_quarter);
}
template <class A>
inline batch<float, A> clamp(batch<float, A> const& x, batch<float, A> const& low,
                             batch<float, A> const& high, requires_arch<xsimd::avx512bw>) noexcept {
  return _mm512_min_ps(high, _mm512_max_ps(low, x));
}
template <class A>
inline batch<float, A> as_float(batch<std::int32_t, A> const& x,
                                requires_arch<xsimd::avx512bw>) noexcept {
  return _mm512_castsi512_ps(x);
}
template <class A>
inline batch<std::int32_t, A> truncate_to_int(batch<float, A> const& x,
                                              requires_arch<xsimd::avx512bw>) noexcept {
  return _mm512_cvttps_epi32(x);
}
template <class A>
inline batch<double, A> low_doubles(batch<float, A> const& x,
                                    requires_arch<xsimd::avx512bw>) noexcept {
  return _mm512_cvtps_pd(_mm512_castps512_ps256(x));
}
template <class A>
inline batch<double, A> high_doubles(batch<float, A> const& x,
                                     requires_arch<xsimd::avx512bw>) noexcept {
  return _mm512_cvtps_pd(_mm512_extractf32x8_ps(x, 1));
}

}  // namespace detail
}  // namespace
}  // namespace octavo::kernels::simd

#endif
