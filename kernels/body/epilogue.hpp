#pragma once

#include <cstddef>
#include <cstring>

#include "kernels/body/elementwise.hpp"
#include "kernels/kernels.hpp"
#include "kernels/simd.hpp"

namespace octavo::kernels {
namespace {

/// What stands in for a panel's bias that is not there.
alignas(64) constexpr float kNoBias[kPanelWidth] = {};

/// Any activation but the clamp, out of the way of the loops that finish tiles.
template <class A>
[[gnu::noinline]] simd::batch<float, A> activated(const Activation& activation,
                                                  simd::batch<float, A> x) {
  using Floats = simd::batch<float, A>;
  return with_method(activation.method, [&](auto method) {
    return unary_value<decltype(method)::value, A>(x, Floats(activation.alpha),
                                                   Floats(activation.beta));
  });
}

/// What follows the sums of a product: the activation, and the extremes of what it gives.
template <class A>
class Epilogue {
  using Floats = simd::batch<float, A>;

 public:
  explicit Epilogue(const Activation& activation)
      : activation_(&activation), alpha_(activation.alpha), beta_(activation.beta) {}

  Floats activate(const Floats& x) const {
    if (activation_->method == UnaryMethod::clamp) [[likely]] {
      return simd::clamp(x, alpha_, beta_);
    }
    return activated<A>(*activation_, x);
  }

  void include(const Floats& x) {
    low_ = xsimd::min(x, low_);
    high_ = xsimd::max(x, high_);
    poison_ = xsimd::fma(x, Floats(0.0F), poison_);
  }

  /// Activates, stores and counts in the first `count` values, all when there are more.
  void store(const Floats& x, std::size_t count, float* out) {
    const Floats y = activate(x);
    if (count >= Floats::size) {
      include(y);
      y.store_unaligned(out);
      return;
    }
    if (count == 0) return;
    float values[Floats::size];
    y.store_unaligned(values);
    std::memcpy(out, values, count * sizeof(float));
    for (std::size_t i = count; i < Floats::size; ++i) values[i] = values[0];
    include(Floats::load_unaligned(values));
  }

  [[nodiscard]] Extrema extrema() const {
    Extrema result;
    float lows[Floats::size];
    float highs[Floats::size];
    float poisons[Floats::size];
    low_.store_unaligned(lows);
    high_.store_unaligned(highs);
    poison_.store_unaligned(poisons);
    for (std::size_t i = 0; i < Floats::size; ++i) {
      result.merge({lows[i], highs[i], poisons[i] == 0.0F});
    }
    return result;
  }

 private:
  const Activation* activation_;
  Floats alpha_, beta_;
  Floats low_ = Floats(Extrema{}.low);
  Floats high_ = Floats(Extrema{}.high);
  Floats poison_ = Floats(0.0F);  ///< sum of x * 0: 0 as long as all x are finite, then NaN
};

}  // namespace
}  // namespace octavo::kernels
