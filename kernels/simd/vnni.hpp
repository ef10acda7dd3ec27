#pragma once

#include <cstddef>
#include <cstdint>

#include <xsimd/xsimd.hpp>

/// The primitives of kernels/simd.hpp, which includes this file, that VNNI adds to AVX2 and
/// AVX-512. xsimd 8.1 knows neither set.
namespace octavo::kernels::simd {
namespace {

struct avxvnni : xsimd::fma3<xsimd::avx2> {};
struct avx512vnni : xsimd::avx512bw {};

}  // namespace
}  // namespace octavo::kernels::simd

#if defined(__AVXVNNI__)

namespace xsimd::types {
XSIMD_DECLARE_SIMD_REGISTER_ALIAS(octavo::kernels::simd::avxvnni, fma3<avx2>);
}  // namespace xsimd::types

namespace octavo::kernels::simd {
namespace {

template <>
inline constexpr std::size_t dot4_sums<avxvnni> = 1;

namespace detail {

template <class A>
inline void dot4(batch<std::int32_t, A> (&sums)[1], batch<std::uint8_t, A> const& a,
                 batch<std::int8_t, A> const& b, requires_arch<avxvnni>) noexcept {
  sums[0] = _mm256_dpbusd_avx_epi32(sums[0], a, b);
}
template <class A>
inline batch<std::int32_t, A> madd_add(batch<std::int32_t, A> const& sum,
                                       batch<std::int16_t, A> const& a,
                                       batch<std::int16_t, A> const& b,
                                       requires_arch<avxvnni>) noexcept {
  return _mm256_dpwssd_avx_epi32(sum, a, b);
}

}  // namespace detail
}  // namespace
}  // namespace octavo::kernels::simd

#endif
#if defined(__AVX512VNNI__) && XSIMD_WITH_AVX512BW

namespace xsimd::types {
XSIMD_DECLARE_SIMD_REGISTER_ALIAS(octavo::kernels::simd::avx512vnni, avx512bw);
template <class T>
struct get_bool_simd_register<T, octavo::kernels::simd::avx512vnni>
    : get_bool_simd_register<T, avx512bw> {};
}  // namespace xsimd::types

namespace octavo::kernels::simd {
namespace {

template <>
inline constexpr std::size_t register_count<avx512vnni> = 32;
template <>
inline constexpr bool has_masks<avx512vnni> = true;
template <>
inline constexpr std::size_t dot4_sums<avx512vnni> = 1;

namespace detail {

template <class A>
inline void dot4(batch<std::int32_t, A> (&sums)[1], batch<std::uint8_t, A> const& a,
                 batch<std::int8_t, A> const& b, requires_arch<avx512vnni>) noexcept {
  sums[0] = _mm512_dpbusd_epi32(sums[0], a, b);
}
template <class A>
inline batch<std::int32_t, A> madd_add(batch<std::int32_t, A> const& sum,
                                       batch<std::int16_t, A> const& a,
                                       batch<std::int16_t, A> const& b,
                                       requires_arch<avx512vnni>) noexcept {
  return _mm512_dpwssd_epi32(sum, a, b);
}

}  // namespace detail
}  // namespace
}  // namespace octavo::kernels::simd

#endif
