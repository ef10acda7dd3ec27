#pragma once

#include <cstddef>
#include <cstring>

#include "kernels/body/exponential.hpp"
#include "kernels/body/store.hpp"
#include "kernels/kernels.hpp"
#include "kernels/simd.hpp"

namespace octavo::kernels {
namespace {

/// out[i] = f(x[i]).
template <class A, class F>
void map_unary(const float* x, std::size_t n, float* out, F&& f) {
  using Floats = simd::batch<float, A>;
  std::size_t i = 0;
  for (; i + Floats::size <= n; i += Floats::size) {
    f(Floats::load_unaligned(x + i)).store_unaligned(out + i);
  }
  if (i == n) return;
  float rest[Floats::size] = {};
  std::memcpy(rest, x + i, (n - i) * sizeof(float));
  f(Floats::load_unaligned(rest)).store_unaligned(rest);
  std::memcpy(out + i, rest, (n - i) * sizeof(float));
}

template <class A>
void unary(UnaryMethod method, float alpha, float beta, const float* x, std::size_t n,
           float* out) noexcept {
  using Floats = simd::batch<float, A>;
  const Floats a(alpha);
  const Floats b(beta);
  const Floats zero(0.0F);
  const Floats one(1.0F);
  const auto map = [&](auto f) { map_unary<A>(x, n, out, f); };
  switch (method) {
    case UnaryMethod::clamp:
      return map([&](Floats v) { return simd::clamp(v, a, b); });
    case UnaryMethod::leaky_relu:
      return map([&](Floats v) { return xsimd::select(v < zero, a * v, v); });
    case UnaryMethod::sigmoid:
      return map([](Floats v) { return sigmoid<A>(v); });
    case UnaryMethod::tanh:
      return map([](Floats v) { return hyperbolic_tangent<A>(v); });
    case UnaryMethod::exponential:
      return map([](Floats v) { return exponential<A>(v); });
    case UnaryMethod::hard_sigmoid:
      return map([&](Floats v) { return simd::clamp(a * v + b, zero, one); });
    case UnaryMethod::hard_swish:
      return map([&](Floats v) {
        return v * simd::clamp(v * Floats(1.0F / 6.0F) + Floats(0.5F), zero, one);
      });
    case UnaryMethod::negate:
      return map([](Floats v) { return -v; });
    case UnaryMethod::absolute:
      return map([](Floats v) { return xsimd::abs(v); });
    case UnaryMethod::square_root:
      return map([](Floats v) { return xsimd::sqrt(v); });
  }
}

/// out[i] = f(x[i * x_step], y[i * y_step]).
template <class A, class F>
void map_binary(const float* x, std::size_t x_step, const float* y, std::size_t y_step,
                std::size_t n, float* out, F&& f) {
  using Floats = simd::batch<float, A>;
  const auto load = [](const float* from, std::size_t step, std::size_t i) {
    return step == 0 ? Floats(*from) : Floats::load_unaligned(from + i);
  };
  std::size_t i = 0;
  for (; i + Floats::size <= n; i += Floats::size) {
    f(load(x, x_step, i), load(y, y_step, i)).store_unaligned(out + i);
  }
  if (i < n) store_first<A>(f(load(x, x_step, i), load(y, y_step, i)), n - i, out + i);
}

template <class A>
void binary(BinaryMethod method, const float* x, std::size_t x_step, const float* y,
            std::size_t y_step, std::size_t n, float* out) noexcept {
  using Floats = simd::batch<float, A>;
  const auto map = [&](auto f) { map_binary<A>(x, x_step, y, y_step, n, out, f); };
  switch (method) {
    case BinaryMethod::add:
      return map([](Floats u, Floats v) { return u + v; });
    case BinaryMethod::subtract:
      return map([](Floats u, Floats v) { return u - v; });
    case BinaryMethod::multiply:
      return map([](Floats u, Floats v) { return u * v; });
    case BinaryMethod::divide:
      return map([](Floats u, Floats v) { return u / v; });
    case BinaryMethod::minimum:
      return map([](Floats u, Floats v) { return simd::smaller(u, v); });
    case BinaryMethod::maximum:
      return map([](Floats u, Floats v) { return simd::larger(u, v); });
  }
}

}  // namespace
}  // namespace octavo::kernels
