#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include <xsimd/xsimd.hpp>

/// What the kernels need beyond xsimd, in its idiom: a primitive is a function template over the
/// architecture, overloaded for each that implements it in kernels/simd/, the only files with
/// intrinsics; a derived architecture inherits it. Only they and this file know of differences
/// between xsimd versions.
namespace octavo::kernels::simd {
namespace {

using xsimd::batch;
using xsimd::kernel::requires_arch;

/// f(0), f(1) ... f(N - 1), the index as a compile-time constant: arrays of batches indexed by it
/// stay in registers.
template <std::size_t N, class F>
[[gnu::always_inline]] inline void unroll(F&& f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) __attribute__((always_inline)) {
    (f(std::integral_constant<std::size_t, I>{}), ...);
  }
  (std::make_index_sequence<N>{});
}

template <class T, class A>
inline constexpr std::size_t lanes = batch<T, A>::size;

/// Vector registers.
template <class A>
inline constexpr std::size_t register_count = 16;

/// Over how many batches dot4 spreads the sum of each group of four bytes; 0 where A has no dot4.
template <class A>
inline constexpr std::size_t dot4_sums = 0;

/// What dot4 subtracts from its unsigned operand.
template <class A>
inline constexpr std::int32_t dot4_origin = 0;

/// Whether A multiplies small matrices of bytes (matrix_dot).
template <class A>
inline constexpr bool has_matrix_dot = false;

/// Whether A computes and stores a part of a batch as fast as a whole one (FirstLanes).
template <class A>
inline constexpr bool has_masks = false;

/// The first `count` lanes of batches of floats, all when there are more. Without masks it is used
/// for whole batches only.
template <class A>
class FirstLanes {
 public:
  explicit FirstLanes(std::size_t) noexcept {}
  void store(batch<float, A> const& x, float* out) const noexcept { x.store_unaligned(out); }
  /// x in these lanes, y in the others.
  batch<float, A> select(batch<float, A> const& x, batch<float, A> const&) const noexcept {
    return x;
  }
};

namespace detail {

template <class A>
inline batch<std::int32_t, A> madd_add(batch<std::int32_t, A> const& sum,
                                       batch<std::int16_t, A> const& a,
                                       batch<std::int16_t, A> const& b,
                                       requires_arch<xsimd::generic>) noexcept;
template <class A>
void dot4(batch<std::int32_t, A>*, batch<std::uint8_t, A> const&, batch<std::int8_t, A> const&,
          requires_arch<xsimd::generic>) = delete;
template <class A>
void matrix_dot(batch<std::int32_t, A> (&)[2], batch<std::uint8_t, A> const&,
                batch<std::int8_t, A> const&, batch<std::int8_t, A> const&,
                requires_arch<xsimd::generic>) = delete;
template <class A>
void matrix_row(batch<std::int32_t, A> const (&)[2], auto, requires_arch<xsimd::generic>) = delete;
template <class A>
void load_rows(const std::uint8_t*, const std::uint8_t*, requires_arch<xsimd::generic>) = delete;
template <class A>
inline batch<float, A> at_most(batch<float, A> const& x, batch<float, A> const& bound,
                               requires_arch<xsimd::generic>) noexcept {
  return xsimd::min(x, bound);  // on x86 the second operand where either is NaN
}
template <class A>
inline batch<float, A> divide(batch<float, A> const& x, batch<float, A> const& y,
                              requires_arch<xsimd::generic>) noexcept {
  return x / y;
}
template <class A>
inline batch<float, A> square_root(batch<float, A> const& x,
                                   requires_arch<xsimd::generic>) noexcept {
  return xsimd::sqrt(x);
}

}  // namespace detail
}  // namespace
}  // namespace octavo::kernels::simd

#include "kernels/simd/avx2.hpp"
#include "kernels/simd/avx512.hpp"
#include "kernels/simd/neon.hpp"
#include "kernels/simd/sse41.hpp"
#include "kernels/simd/vnni.hpp"

namespace octavo::kernels::simd {
namespace {
namespace detail {

template <class A>
inline batch<std::int32_t, A> madd_add(batch<std::int32_t, A> const& sum,
                                       batch<std::int16_t, A> const& a,
                                       batch<std::int16_t, A> const& b,
                                       requires_arch<xsimd::generic>) noexcept {
  return sum + detail::madd<A>(a, b, A{});
}

template <class T, class A>
[[gnu::noinline]] void store_part(batch<T, A> const& x, std::size_t count, T* out,
                                  requires_arch<xsimd::generic>) noexcept {
  T buffer[batch<T, A>::size];
  x.store_unaligned(buffer);
  std::memcpy(out, buffer, count * sizeof(T));
}

inline std::int32_t load4(const void* p) noexcept {
  std::int32_t bytes;
  std::memcpy(&bytes, p, sizeof bytes);
  return bytes;
}

}  // namespace detail

/// Stores the first `count` elements, fewer than all.
template <class T, class A>
inline void store_part(batch<T, A> const& x, std::size_t count, T* out) noexcept {
  detail::store_part(x, count, out, A{});
}

/// The four bytes at p, over and over.
template <class A>
inline batch<std::uint8_t, A> repeat4(const std::uint8_t* p) noexcept {
  return detail::repeat4<A>(detail::load4(p), A{});
}

/// The four bytes at p as int16, over and over.
template <class A>
inline batch<std::int16_t, A> repeat4_widened(const std::uint8_t* p) noexcept {
  return detail::repeat4_widened<A>(detail::load4(p), A{});
}

/// The two int16 at p, over and over.
template <class A>
inline batch<std::int16_t, A> repeat_pair(const std::int16_t* p) noexcept {
  return detail::repeat_pair<A>(detail::load4(p), A{});
}

/// A batch of bytes at p as int16.
template <class A, class T>
inline batch<std::int16_t, A> load_widened(const T* p) noexcept {
  return detail::load_widened<A>(p, A{});
}

/// a[2i] * b[2i] + a[2i + 1] * b[2i + 1], saturated to int16.
template <class A>
inline batch<std::int16_t, A> maddubs(batch<std::uint8_t, A> const& a,
                                      batch<std::int8_t, A> const& b) noexcept {
  return detail::maddubs<A>(a, b, A{});
}

/// a[2i] * b[2i] + a[2i + 1] * b[2i + 1] in int32.
template <class A>
inline batch<std::int32_t, A> madd(batch<std::int16_t, A> const& a,
                                   batch<std::int16_t, A> const& b) noexcept {
  return detail::madd<A>(a, b, A{});
}

/// sum + madd(a, b).
template <class A>
inline batch<std::int32_t, A> madd_add(batch<std::int32_t, A> const& sum,
                                       batch<std::int16_t, A> const& a,
                                       batch<std::int16_t, A> const& b) noexcept {
  return detail::madd_add<A>(sum, a, b, A{});
}

/// Adds (a - dot4_origin<A>) * b of each group of four bytes to `sums`, exactly for any bytes.
template <class A>
inline void dot4(batch<std::int32_t, A> (&sums)[dot4_sums<A>], batch<std::uint8_t, A> const& a,
                 batch<std::int8_t, A> const& b) noexcept {
  detail::dot4<A>(sums, a, b, A{});
}

/// The sums of adjacent pairs of x, then of y.
template <class A>
inline batch<std::int32_t, A> add_pairs(batch<std::int32_t, A> const& x,
                                        batch<std::int32_t, A> const& y) noexcept {
  return detail::add_pairs<A>(x, y, A{});
}

/// What dot4 has added: the sum of each group.
template <class A>
inline batch<std::int32_t, A> dot4_total(
    batch<std::int32_t, A> const (&sums)[dot4_sums<A>]) noexcept {
  if constexpr (dot4_sums<A> == 1) {
    return sums[0];
  } else {
    return add_pairs(sums[0], sums[1]);
  }
}

/// Eight bytes from p, then eight from q: two rows of a matrix.
template <class A>
inline batch<std::uint8_t, A> load_rows(const std::uint8_t* p, const std::uint8_t* q) noexcept {
  return detail::load_rows<A>(p, q, A{});
}

/// Adds the products of two rows of eight bytes with four columns: `first` holds the first four
/// bytes of each column, `second` the others. sums[0] is [row][column] of columns 0 and 1, sums[1]
/// of columns 2 and 3.
template <class A>
inline void matrix_dot(batch<std::int32_t, A> (&sums)[2], batch<std::uint8_t, A> const& rows,
                       batch<std::int8_t, A> const& first,
                       batch<std::int8_t, A> const& second) noexcept {
  detail::matrix_dot<A>(sums, rows, first, second, A{});
}

/// What matrix_dot has added: the sums of row 0 or 1.
template <std::size_t Row, class A>
inline batch<std::int32_t, A> matrix_row(batch<std::int32_t, A> const (&sums)[2]) noexcept {
  return detail::matrix_row<A>(sums, std::integral_constant<std::size_t, Row>{}, A{});
}

/// a, b, c, d one after the other, each saturated to uint8.
template <class A>
inline batch<std::uint8_t, A> narrow(batch<std::int32_t, A> const& a,
                                     batch<std::int32_t, A> const& b,
                                     batch<std::int32_t, A> const& c,
                                     batch<std::int32_t, A> const& d) noexcept {
  return detail::narrow<A>(a, b, c, d, A{});
}

/// min(max(x, low), high); x where it is NaN or equal to a bound.
template <class A>
inline batch<float, A> clamp(batch<float, A> const& x, batch<float, A> const& low,
                             batch<float, A> const& high) noexcept {
  return detail::clamp<A>(x, low, high, A{});
}

/// The larger of each two; NaN when either is.
template <class A>
inline batch<float, A> larger(batch<float, A> const& x, batch<float, A> const& y) noexcept {
  return xsimd::select((x > y) | xsimd::isnan(x), x, y);
}

/// The smaller of each two; NaN when either is.
template <class A>
inline batch<float, A> smaller(batch<float, A> const& x, batch<float, A> const& y) noexcept {
  return xsimd::select((x < y) | xsimd::isnan(x), x, y);
}

/// The smaller of each two; the bound where x is NaN.
template <class A>
inline batch<float, A> at_most(batch<float, A> const& x, batch<float, A> const& bound) noexcept {
  return detail::at_most<A>(x, bound, A{});
}

/// -x, of zeros too.
template <class A>
inline batch<float, A> negate(batch<float, A> const& x) noexcept {
  return x ^ batch<float, A>(-0.0F);
}

/// x / y, rounded once.
template <class A>
inline batch<float, A> divide(batch<float, A> const& x, batch<float, A> const& y) noexcept {
  return detail::divide<A>(x, y, A{});
}

/// The square root, rounded once.
template <class A>
inline batch<float, A> square_root(batch<float, A> const& x) noexcept {
  return detail::square_root<A>(x, A{});
}

/// The same bits.
template <class A>
inline batch<float, A> as_float(batch<std::int32_t, A> const& x) noexcept {
  return detail::as_float<A>(x, A{});
}

/// Rounds towards zero.
template <class A>
inline batch<std::int32_t, A> truncate_to_int(batch<float, A> const& x) noexcept {
  return detail::truncate_to_int<A>(x, A{});
}

template <class A>
inline batch<double, A> low_doubles(batch<float, A> const& x) noexcept {
  return detail::low_doubles<A>(x, A{});
}

template <class A>
inline batch<double, A> high_doubles(batch<float, A> const& x) noexcept {
  return detail::high_doubles<A>(x, A{});
}

/// Fetches the cache line of p soon to be read; any address is allowed.
inline void prefetch(const void* p) noexcept {
  __builtin_prefetch(p, 0, 3);
}

/// The same for a line soon to be written. Stores are finished in their order: one that has to wait
/// for its line holds up those behind it, and at last the computation.
inline void prefetch_to_write(const void* p) noexcept {
  __builtin_prefetch(p, 1, 3);
}

/// Emits nothing, but makes the compiler compute x here: without it g++ 12 moves the loads of all
/// rows of a tile to its top and spills them.
template <class T, class A>
[[gnu::always_inline]] inline void pin(batch<T, A>& x) noexcept {
#if defined(__x86_64__)
  asm volatile("" : "+v"(x.data));
#elif defined(__aarch64__)
  asm volatile("" : "+w"(x.data));
#endif
}

}  // namespace
}  // namespace octavo::kernels::simd
