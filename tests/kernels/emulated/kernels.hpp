#pragma once

#include "tests/kernels/emulated/batch.hpp"

/// The kernels for emulated instruction sets: the primitives of kernels/simd.hpp, declared before
/// it so that it finds them, and then the kernels' templates.
namespace octavo::kernels::simd {
namespace {
namespace detail {

using octavo::test::EmulatedSet;
using xsimd::batch;
using xsimd::kernel::requires_arch;

template <class A>
batch<std::uint8_t, A> repeat4(std::int32_t bytes, requires_arch<EmulatedSet>) {
  return batch<std::uint8_t, A>::of([&](std::size_t i) { return bytes >> (8 * (i % 4)) & 0xFF; });
}
template <class A>
batch<std::int16_t, A> repeat4_widened(std::int32_t bytes, requires_arch<EmulatedSet>) {
  return batch<std::int16_t, A>::of([&](std::size_t i) { return bytes >> (8 * (i % 4)) & 0xFF; });
}
template <class A>
batch<std::int16_t, A> load_widened(const std::int8_t* p, requires_arch<EmulatedSet>) {
  return batch<std::int16_t, A>::of([&](std::size_t i) { return p[i]; });
}
template <class A>
batch<std::int16_t, A> load_widened(const std::uint8_t* p, requires_arch<EmulatedSet>) {
  return batch<std::int16_t, A>::of([&](std::size_t i) { return p[i]; });
}
template <class A>
batch<std::int16_t, A> repeat_pair(std::int32_t pair, requires_arch<EmulatedSet>) {
  return batch<std::int16_t, A>::of([&](std::size_t i) { return pair >> (16 * (i % 2)); });
}
template <class A>
batch<std::int16_t, A> maddubs(const batch<std::uint8_t, A>& a, const batch<std::int8_t, A>& b,
                               requires_arch<EmulatedSet>) {
  return batch<std::int16_t, A>::of([&](std::size_t i) {
    const int sum = a.data[2 * i] * b.data[2 * i] + a.data[2 * i + 1] * b.data[2 * i + 1];
    return std::clamp(sum, -32768, 32767);
  });
}
template <class A>
batch<std::int32_t, A> madd(const batch<std::int16_t, A>& a, const batch<std::int16_t, A>& b,
                            requires_arch<EmulatedSet>) {
  return batch<std::int32_t, A>::of([&](std::size_t i) {
    return std::int64_t{a.data[2 * i]} * b.data[2 * i] +
           std::int64_t{a.data[2 * i + 1]} * b.data[2 * i + 1];
  });
}
template <class A>
requires(A::kVnni) batch<std::int32_t, A> madd_add(const batch<std::int32_t, A>& sum,
                                                   const batch<std::int16_t, A>& a,
                                                   const batch<std::int16_t, A>& b,
                                                   requires_arch<EmulatedSet>) {
  return batch<std::int32_t, A>::of([&](std::size_t i) {
    return std::int64_t{sum.data[i]} + std::int64_t{a.data[2 * i]} * b.data[2 * i] +
           std::int64_t{a.data[2 * i + 1]} * b.data[2 * i + 1];
  });
}
template <class A>
requires(A::kVnni) void dot4(batch<std::int32_t, A> (&sums)[1], const batch<std::uint8_t, A>& a,
                             const batch<std::int8_t, A>& b, requires_arch<EmulatedSet>) {
  for (std::size_t i = 0; i < batch<std::int8_t, A>::size; ++i) {
    sums[0].data[i / 4] += a.data[i] * b.data[i];
  }
}
template <class A>
batch<std::int32_t, A> add_pairs(const batch<std::int32_t, A>& x, const batch<std::int32_t, A>& y,
                                 requires_arch<EmulatedSet>) {
  constexpr std::size_t kHalf = batch<std::int32_t, A>::size / 2;
  return batch<std::int32_t, A>::of([&](std::size_t i) {
    const std::int32_t* pair = i < kHalf ? x.data + 2 * i : y.data + 2 * (i - kHalf);
    return std::int64_t{pair[0]} + pair[1];
  });
}
template <class A>
batch<std::uint8_t, A> narrow(const batch<std::int32_t, A>& a, const batch<std::int32_t, A>& b,
                              const batch<std::int32_t, A>& c, const batch<std::int32_t, A>& d,
                              requires_arch<EmulatedSet>) {
  const batch<std::int32_t, A>* const parts[] = {&a, &b, &c, &d};
  constexpr std::size_t kLanes = batch<std::int32_t, A>::size;
  return batch<std::uint8_t, A>::of([&](std::size_t i) {
    return std::clamp(parts[i / kLanes]->data[i % kLanes], std::int32_t{0}, std::int32_t{255});
  });
}
template <class A>
batch<float, A> clamp(const batch<float, A>& x, const batch<float, A>& low,
                      const batch<float, A>& high, requires_arch<EmulatedSet>) {
  return xsimd::min(high, xsimd::max(low, x));
}
template <class A>
batch<float, A> as_float(const batch<std::int32_t, A>& x, requires_arch<EmulatedSet>) {
  batch<float, A> r;
  std::memcpy(r.data, x.data, sizeof r.data);
  return r;
}
template <class A>
batch<std::int32_t, A> truncate_to_int(const batch<float, A>& x, requires_arch<EmulatedSet>) {
  return batch<std::int32_t, A>::of([&](std::size_t i) { return x.data[i]; });
}
template <class A>
batch<double, A> low_doubles(const batch<float, A>& x, requires_arch<EmulatedSet>) {
  return batch<double, A>::of([&](std::size_t i) { return x.data[i]; });
}
template <class A>
batch<double, A> high_doubles(const batch<float, A>& x, requires_arch<EmulatedSet>) {
  return batch<double, A>::of([&](std::size_t i) { return x.data[batch<double, A>::size + i]; });
}

}  // namespace detail
}  // namespace
}  // namespace octavo::kernels::simd

#include "kernels/simd.hpp"

namespace octavo::kernels::simd {
namespace {

template <std::size_t Bytes, bool Vnni>
inline constexpr std::size_t register_count<octavo::test::Emulated<Bytes, Vnni>> =
    Bytes == 64 ? 32 : 16;
template <std::size_t Bytes>
inline constexpr std::size_t dot4_sums<octavo::test::Emulated<Bytes, true>> = 1;

/// Arrays live in no register.
template <class T, std::size_t Bytes, bool Vnni>
void pin(batch<T, octavo::test::Emulated<Bytes, Vnni>>&) noexcept {}

}  // namespace
}  // namespace octavo::kernels::simd

#include "kernels/body/table.hpp"
