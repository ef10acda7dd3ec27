#pragma once

#include <cstddef>

#include "kernels/body/elementwise.hpp"
#include "kernels/kernels.hpp"
#include "kernels/simd.hpp"

namespace octavo::kernels {
namespace {

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

/// Whether sums, in whole batches or not, are finished by Epilogue::store_clamped.
template <class A>
bool is_plain(const Activation& activation, bool whole) {
  return activation.method == UnaryMethod::clamp && (whole || simd::has_masks<A>);
}

/// The extremes of what a product has written so far, lane by lane.
template <class A>
struct ExtremaLanes {
  static constexpr std::size_t kLanes = simd::lanes<float, A>;

  alignas(64) float low[kLanes];
  alignas(64) float high[kLanes];
  alignas(
      64) float poison[kLanes];  ///< x * 0 of all x, or-ed: 0 as long as all are finite, then NaN

  ExtremaLanes() {
    for (std::size_t i = 0; i < kLanes; ++i) {
      low[i] = Extrema{}.low;
      high[i] = Extrema{}.high;
      poison[i] = 0.0F;
    }
  }

  [[nodiscard]] Extrema merged() const {
    Extrema result;
    for (std::size_t i = 0; i < kLanes; ++i) {
      result.merge({low[i], high[i], poison[i] == 0.0F});
    }
    return result;
  }
};

/// What is added to the sums of a product before its activation, at one place of the output; null
/// when nothing is.
template <class Product>
const float* addend_at(const Product& p, std::size_t out) {
  return p.addend != nullptr ? p.addend + out : nullptr;
}

/// The sum with the addend at `index` elements behind `addend`.
template <class A>
[[gnu::always_inline]] inline simd::batch<float, A> with_addend(const simd::batch<float, A>& sum,
                                                                const float* addend,
                                                                std::size_t index) {
  return addend != nullptr ? sum + simd::batch<float, A>::load_unaligned(addend + index) : sum;
}

/// The first `count` elements of x, with `filling` behind them.
template <class A>
[[gnu::always_inline]] inline simd::batch<float, A> first_or(const simd::batch<float, A>& x,
                                                             std::size_t count, float filling) {
  using Floats = simd::batch<float, A>;
  alignas(64) static constexpr float kPositions[] = {0, 1, 2,  3,  4,  5,  6,  7,
                                                     8, 9, 10, 11, 12, 13, 14, 15};
  const auto first = Floats::load_aligned(kPositions) < Floats(static_cast<float>(count));
  return xsimd::select(first, x, Floats(filling));
}

/// What follows the sums of a product: the activation, and the extremes of what it gives. Made for
/// one loop, in whose registers it stays; `save` hands the extremes on.
template <class A>
class Epilogue {
  using Floats = simd::batch<float, A>;

 public:
  Epilogue(const Activation& activation, const ExtremaLanes<A>& so_far)
      : activation_(activation),
        alpha_(activation.alpha),
        beta_(activation.beta),
        low_(Floats::load_aligned(so_far.low)),
        high_(Floats::load_aligned(so_far.high)),
        poison_(Floats::load_aligned(so_far.poison)) {}

  /// Activates, stores and counts in some lanes, where the activation is a clamp.
  void store_clamped(const Floats& x, const simd::FirstLanes<A>& lanes, float* out) {
    const Floats y = simd::clamp(x, alpha_, beta_);
    low_ = lanes.select(xsimd::min(y, low_), low_);
    high_ = lanes.select(xsimd::max(y, high_), high_);
    poison_ = lanes.select(poison_ | poison(y), poison_);
    lanes.store(y, out);
  }

  /// The same for any activation and the first `count` values, all when there are more.
  void store(const Floats& x, std::size_t count, float* out) {
    const bool clamp = activation_.method == UnaryMethod::clamp;
    const Floats y = clamp ? simd::clamp(x, alpha_, beta_) : activated<A>(activation_, x);
    if (count >= Floats::size) {
      include(y);
      y.store_unaligned(out);
    } else if (count > 0) {
      simd::store_part(y, count, out);
      include(first_or(y, count, *out));
    }
  }

  void save(ExtremaLanes<A>& to) const {
    low_.store_aligned(to.low);
    high_.store_aligned(to.high);
    poison_.store_aligned(to.poison);
  }

 private:
  void include(const Floats& x) {
    low_ = xsimd::min(x, low_);
    high_ = xsimd::max(x, high_);
    poison_ = poison_ | poison(x);  // an addition would take four times as long
  }
  static Floats poison(const Floats& x) { return x * Floats(0.0F); }

  const Activation& activation_;
  Floats alpha_, beta_;
  Floats low_, high_, poison_;
};

}  // namespace
}  // namespace octavo::kernels
