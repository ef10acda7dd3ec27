#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <limits>
#include <type_traits>

#include <xsimd/xsimd.hpp>

/// An instruction set in plain C++, vectors as arrays: the kernel templates run with it for widths
/// and dot products that this machine may lack.
namespace octavo::test {
namespace {

struct EmulatedSet : xsimd::generic {};

/// Vectors of `Bytes` bytes, with or without dot4 and madd_add of its own.
template <std::size_t Bytes, bool Vnni>
struct Emulated : EmulatedSet {
  static constexpr bool kVnni = Vnni;
};

/// Integers wrap around.
template <class T>
using Wide = std::conditional_t<std::is_integral_v<T>, std::int64_t, T>;

}  // namespace
}  // namespace octavo::test

namespace xsimd {

template <class T, std::size_t Bytes, bool Vnni>
class batch_bool<T, octavo::test::Emulated<Bytes, Vnni>> {
 public:
  static constexpr std::size_t size = Bytes / sizeof(T);

  template <class F>
  [[gnu::noinline]] static batch_bool of(F f) {
    batch_bool r;
    for (std::size_t i = 0; i < size; ++i) r.data[i] = f(i);
    return r;
  }
  friend batch_bool operator|(const batch_bool& x, const batch_bool& y) {
    return of([&](std::size_t i) { return x.data[i] || y.data[i]; });
  }

  bool data[size];
};

template <class T, std::size_t Bytes, bool Vnni>
class batch<T, octavo::test::Emulated<Bytes, Vnni>> {
  using Mask = batch_bool<T, octavo::test::Emulated<Bytes, Vnni>>;
  using Wide = octavo::test::Wide<T>;

 public:
  static constexpr std::size_t size = Bytes / sizeof(T);

  batch() = default;
  batch(T value) { std::fill_n(data, size, value); }

  /// Element i is f(i), integers modulo 2^bits. Not inlined, as the kernels' unrolled loops would
  /// take the compiler minutes.
  template <class F>
  [[gnu::noinline]] static batch of(F f) {
    batch r;
    for (std::size_t i = 0; i < size; ++i) r.data[i] = static_cast<T>(f(i));
    return r;
  }
  static batch load_unaligned(const T* from) {
    batch r;
    std::memcpy(r.data, from, Bytes);
    return r;
  }
  static batch load_aligned(const T* from) { return load_unaligned(from); }
  void store_unaligned(T* to) const { std::memcpy(to, data, Bytes); }
  void store_aligned(T* to) const { store_unaligned(to); }

  friend batch operator+(const batch& x, const batch& y) {
    return of([&](std::size_t i) { return Wide{x.data[i]} + Wide{y.data[i]}; });
  }
  friend batch operator-(const batch& x, const batch& y) {
    return of([&](std::size_t i) { return Wide{x.data[i]} - Wide{y.data[i]}; });
  }
  friend batch operator*(const batch& x, const batch& y) {
    return of([&](std::size_t i) { return Wide{x.data[i]} * Wide{y.data[i]}; });
  }
  friend batch operator/(const batch& x, const batch& y) {
    return of([&](std::size_t i) { return x.data[i] / y.data[i]; });
  }
  friend batch operator<<(const batch& x, int count) {
    return of([&](std::size_t i) { return Wide{x.data[i]} * (Wide{1} << count); });
  }
  friend batch operator>>(const batch& x, int count) {
    return of([&](std::size_t i) { return x.data[i] >> count; });
  }
  /// Of floats, only with zeros: what flips a sign.
  friend batch operator^(const batch& x, const batch& y) {
    return of([&](std::size_t i) { return std::signbit(y.data[i]) ? -x.data[i] : x.data[i]; });
  }
  friend batch operator&(const batch& x, const batch& y) {
    return of([&](std::size_t i) { return x.data[i] & y.data[i]; });
  }
  friend batch operator|(const batch& x, const batch& y) {
    using Bits = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;
    return of([&](std::size_t i) {
      return std::bit_cast<T>(std::bit_cast<Bits>(x.data[i]) | std::bit_cast<Bits>(y.data[i]));
    });
  }
  friend Mask operator<(const batch& x, const batch& y) {
    return Mask::of([&](std::size_t i) { return x.data[i] < y.data[i]; });
  }
  friend Mask operator>(const batch& x, const batch& y) { return y < x; }
  batch& operator+=(const batch& y) { return *this = *this + y; }
  batch& operator-=(const batch& y) { return *this = *this - y; }

  alignas(Bytes) T data[size];
};

template <class T, std::size_t B, bool V>
batch<T, octavo::test::Emulated<B, V>> fma(const batch<T, octavo::test::Emulated<B, V>>& x,
                                           const batch<T, octavo::test::Emulated<B, V>>& y,
                                           const batch<T, octavo::test::Emulated<B, V>>& z) {
  return x * y + z;
}
template <class T, std::size_t B, bool V>
batch<T, octavo::test::Emulated<B, V>> fnma(const batch<T, octavo::test::Emulated<B, V>>& x,
                                            const batch<T, octavo::test::Emulated<B, V>>& y,
                                            const batch<T, octavo::test::Emulated<B, V>>& z) {
  return z - x * y;
}
/// The second one where either is NaN, as in SSE.
template <class T, std::size_t B, bool V>
batch<T, octavo::test::Emulated<B, V>> min(const batch<T, octavo::test::Emulated<B, V>>& x,
                                           const batch<T, octavo::test::Emulated<B, V>>& y) {
  return select(x < y, x, y);
}
template <class T, std::size_t B, bool V>
batch<T, octavo::test::Emulated<B, V>> max(const batch<T, octavo::test::Emulated<B, V>>& x,
                                           const batch<T, octavo::test::Emulated<B, V>>& y) {
  return select(x > y, x, y);
}
template <class T, std::size_t B, bool V>
batch<T, octavo::test::Emulated<B, V>> select(
    const batch_bool<T, octavo::test::Emulated<B, V>>& mask,
    const batch<T, octavo::test::Emulated<B, V>>& x,
    const batch<T, octavo::test::Emulated<B, V>>& y) {
  return x.of([&](std::size_t i) { return mask.data[i] ? x.data[i] : y.data[i]; });
}
template <class T, std::size_t B, bool V>
batch<T, octavo::test::Emulated<B, V>> abs(const batch<T, octavo::test::Emulated<B, V>>& x) {
  return x.of([&](std::size_t i) { return std::abs(x.data[i]); });
}
template <class T, std::size_t B, bool V>
batch<T, octavo::test::Emulated<B, V>> sqrt(const batch<T, octavo::test::Emulated<B, V>>& x) {
  return x.of([&](std::size_t i) { return std::sqrt(x.data[i]); });
}
template <class T, std::size_t B, bool V>
batch_bool<T, octavo::test::Emulated<B, V>> isnan(const batch<T, octavo::test::Emulated<B, V>>& x) {
  return batch_bool<T, octavo::test::Emulated<B, V>>::of(
      [&](std::size_t i) { return std::isnan(x.data[i]); });
}
template <class T, std::size_t B, bool V>
bool any(const batch_bool<T, octavo::test::Emulated<B, V>>& x) {
  return std::ranges::find(x.data, true) != std::end(x.data);
}
/// The smallest int where the result does not fit, as in SSE.
template <std::size_t B, bool V>
batch<std::int32_t, octavo::test::Emulated<B, V>> nearbyint_as_int(
    const batch<float, octavo::test::Emulated<B, V>>& x) {
  using Ints = batch<std::int32_t, octavo::test::Emulated<B, V>>;
  return Ints::of([&](std::size_t i) {
    const bool fits = x.data[i] >= -0x1p31F && x.data[i] < 0x1p31F;
    return fits ? static_cast<std::int32_t>(std::nearbyint(x.data[i]))
                : std::numeric_limits<std::int32_t>::min();
  });
}
template <std::size_t B, bool V>
batch<float, octavo::test::Emulated<B, V>> to_float(
    const batch<std::int32_t, octavo::test::Emulated<B, V>>& x) {
  return batch<float, octavo::test::Emulated<B, V>>::of([&](std::size_t i) { return x.data[i]; });
}

}  // namespace xsimd
