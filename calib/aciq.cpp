#include <algorithm>
#include <cmath>

#include "calib/bin_interval.hpp"
#include "calib/estimators.hpp"

namespace octavo::calib {
namespace {

/// Where to clip a distribution with 256 levels so that the mean squared error is least, in units
/// of its scale.
struct Clipping {
  double two_sided;
  double one_sided;  ///< twice the levels for one sign
};
constexpr Clipping kGauss{3.92404, 4.216};
constexpr Clipping kLaplace{9.89676, 11.163};

/// Analytic clipping: R. Banner, Y. Nahshan, E. Hoffer and D. Soudry, "Post Training 4-bit
/// Quantization of Convolutional Networks for Rapid-Deployment", NeurIPS 2019. The scale of a
/// normal (sigma) or Laplace distribution (b) is estimated from the moments.
///
/// Of activations of one sign, such as those behind ReLU, many are zeros, which are exact and say
/// nothing of the distribution. With a share s of values that belong to it, E|x| is s b and E x^2
/// is 2 s b^2 for Laplace, s sigma sqrt(2 / pi) and s sigma^2 for Gauss: their quotient is free of
/// s.
class AciqEstimator final : public RangeEstimator {
 public:
  AciqEstimator(bool gauss, std::size_t sample_size) : gauss_(gauss), sample_size_(sample_size) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "aciq"; }

  [[nodiscard]] StatisticsRequest needs(Scheme) const override {
    return {.moments = true, .sample_size = sample_size_};
  }

  [[nodiscard]] Range estimate(const ActivationStatistics& statistics,
                               const Range*) const noexcept override {
    const Range& extrema = statistics.extrema;
    const bool symmetric = statistics.scheme == Scheme::symmetric;
    const bool one_sided = extrema.low >= 0.0F || extrema.high <= 0.0F;
    const double scale = one_sided   ? one_sided_scale(statistics.moments)
                         : symmetric ? scale_around_zero(statistics.moments)
                                     : scale_around_mean(statistics.moments);
    if (!std::isfinite(scale) || scale <= 0.0) return unclipped_range(statistics);
    const Clipping& clipping = gauss_ ? kGauss : kLaplace;
    // The symmetric scheme has 128 levels for one sign, as many as two-sided clipping.
    const double reach =
        scale * (one_sided && !symmetric ? clipping.one_sided : clipping.two_sided);
    const double centre = one_sided || symmetric ? 0.0 : statistics.moments.mean;
    const Range widest = unclipped_range(statistics);
    const auto within = [&](double edge) {
      return static_cast<float>(
          std::clamp(edge, static_cast<double>(widest.low), static_cast<double>(widest.high)));
    };
    return {within(centre - reach), within(centre + reach)};
  }

 private:
  [[nodiscard]] double scale_around_zero(const Moments& moments) const noexcept {
    return gauss_ ? std::sqrt(mean_square(moments)) : moments.mean_magnitude;
  }
  [[nodiscard]] double scale_around_mean(const Moments& moments) const noexcept {
    return gauss_ ? std::sqrt(moments.variance) : moments.mean_deviation;
  }
  [[nodiscard]] double one_sided_scale(const Moments& moments) const noexcept {
    constexpr double kHalfNormal = 0.797884560802865356;  // sqrt(2 / pi)
    return mean_square(moments) / moments.mean_magnitude * (gauss_ ? kHalfNormal : 0.5);
  }
  static double mean_square(const Moments& moments) noexcept {
    return moments.variance + moments.mean * moments.mean;
  }

  bool gauss_;
  std::size_t sample_size_;
};

}  // namespace

std::shared_ptr<const RangeEstimator> make_aciq(EstimatorParameters& parameters) {
  const bool gauss = parameters.word("distribution", {"laplace", "gauss"}) == "gauss";
  return std::make_shared<AciqEstimator>(gauss, parameters.sample_size());
}

}  // namespace octavo::calib
