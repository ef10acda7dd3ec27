#pragma once

#include <cstddef>
#include <cstring>
#include <type_traits>

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

/// One method as a function of batches.
template <UnaryMethod Method, class A>
[[gnu::always_inline]] inline simd::batch<float, A> unary_value(const simd::batch<float, A>& x,
                                                                const simd::batch<float, A>& alpha,
                                                                const simd::batch<float, A>& beta) {
  using Floats = simd::batch<float, A>;
  const Floats zero(0.0F);
  const Floats one(1.0F);
  if constexpr (Method == UnaryMethod::clamp) return simd::clamp(x, alpha, beta);
  if constexpr (Method == UnaryMethod::leaky_relu) return xsimd::select(x < zero, alpha * x, x);
  if constexpr (Method == UnaryMethod::sigmoid) return sigmoid<A>(x);
  if constexpr (Method == UnaryMethod::tanh) return hyperbolic_tangent<A>(x);
  if constexpr (Method == UnaryMethod::exponential) return exponential<A>(x);
  if constexpr (Method == UnaryMethod::hard_sigmoid)
    return simd::clamp(alpha * x + beta, zero, one);
  if constexpr (Method == UnaryMethod::hard_swish) {
    return x * simd::clamp(x * Floats(1.0F / 6.0F) + Floats(0.5F), zero, one);
  }
  if constexpr (Method == UnaryMethod::silu) return x * sigmoid<A>(x);
  if constexpr (Method == UnaryMethod::gelu) return gelu<A>(x);
  if constexpr (Method == UnaryMethod::negate) return simd::negate(x);
  if constexpr (Method == UnaryMethod::absolute) return xsimd::abs(x);
  if constexpr (Method == UnaryMethod::square_root) return simd::square_root(x);
}

/// f(the method as a compile-time constant).
template <class F>
[[gnu::always_inline]] inline auto with_method(UnaryMethod method, F&& f) {
  using M = UnaryMethod;
  const auto call = [&]<M Method>(std::integral_constant<M, Method> constant) {
    return f(constant);
  };
  switch (method) {
    case M::clamp:
      return call(std::integral_constant<M, M::clamp>{});
    case M::leaky_relu:
      return call(std::integral_constant<M, M::leaky_relu>{});
    case M::sigmoid:
      return call(std::integral_constant<M, M::sigmoid>{});
    case M::tanh:
      return call(std::integral_constant<M, M::tanh>{});
    case M::exponential:
      return call(std::integral_constant<M, M::exponential>{});
    case M::hard_sigmoid:
      return call(std::integral_constant<M, M::hard_sigmoid>{});
    case M::hard_swish:
      return call(std::integral_constant<M, M::hard_swish>{});
    case M::silu:
      return call(std::integral_constant<M, M::silu>{});
    case M::gelu:
      return call(std::integral_constant<M, M::gelu>{});
    case M::negate:
      return call(std::integral_constant<M, M::negate>{});
    case M::absolute:
      return call(std::integral_constant<M, M::absolute>{});
    case M::square_root:
      break;
  }
  return call(std::integral_constant<M, M::square_root>{});
}

template <class A>
void unary(UnaryMethod method, float alpha, float beta, const float* x, std::size_t n,
           float* out) noexcept {
  using Floats = simd::batch<float, A>;
  with_method(method, [&](auto constant) {
    map_unary<A>(x, n, out, [a = Floats(alpha), b = Floats(beta)](const Floats& v) {
      return unary_value<decltype(constant)::value, A>(v, a, b);
    });
  });
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
  if (i < n) store_first(f(load(x, x_step, i), load(y, y_step, i)), n - i, out + i);
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
      return map([](Floats u, Floats v) { return simd::divide(u, v); });
    case BinaryMethod::minimum:
      return map([](Floats u, Floats v) { return simd::smaller(u, v); });
    case BinaryMethod::maximum:
      return map([](Floats u, Floats v) { return simd::larger(u, v); });
  }
}

}  // namespace
}  // namespace octavo::kernels
