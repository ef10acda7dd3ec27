#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "octavo/export.hpp"
#include "octavo/range.hpp"

namespace octavo {

/// Which values a histogram counts.
enum class HistogramDomain : std::uint8_t {
  values,      ///< x, over [extrema.low, extrema.high]
  magnitudes,  ///< |x|, over [0, max |x|]
};

inline constexpr std::size_t kMaxHistogramBins = 8192;
inline constexpr std::size_t kMaxListedValues = 4096;
inline constexpr std::size_t kMaxSampleSize = std::size_t{1} << 20;
/// A sample that grows with the work of the layer, so that looking at it costs a small share of it.
inline constexpr std::size_t kAutomaticSample = static_cast<std::size_t>(-1);

/// What an estimator wants to see besides the extrema, which are always known.
struct StatisticsRequest {
  bool moments = false;
  std::size_t histogram_bins = 0;  ///< 0: no histogram; at most kMaxHistogramBins
  HistogramDomain histogram_domain = HistogramDomain::values;
  bool values = false;  ///< the values instead of a histogram, where there are few
  /// Of more values than this, a sample of about this size is looked at (docs/ranges.md); 0: all
  /// are; at most kMaxSampleSize, or kAutomaticSample.
  std::size_t sample_size = kAutomaticSample;
  /// With an automatic sample the histogram has no more bins than one for so many values, counting
  /// at least 508.
  std::size_t values_per_bin = 4;
  /// Calibration (octavo/calibration.hpp) asks after each batch, with the range so far as the
  /// previous one; else once, with the statistics of all batches.
  bool each_batch = false;
};

/// Sums over an activation, in double, for estimators that fit a distribution.
struct Moments {
  double mean = 0.0;
  double mean_magnitude = 0.0;  ///< mean of |x|
  double mean_deviation = 0.0;  ///< mean of |x - mean|
  double variance = 0.0;        ///< population variance
};

/// Equal bins over [low, high]; bin i covers [edge(i), edge(i + 1)), the last one is closed.
struct HistogramView {
  std::span<const std::uint64_t> counts;
  float low = 0.0F;
  float high = 0.0F;

  [[nodiscard]] double edge(std::size_t i) const {
    return i == counts.size() ? static_cast<double>(high)
                              : static_cast<double>(low) +
                                    (static_cast<double>(high) - static_cast<double>(low)) *
                                        static_cast<double>(i) / static_cast<double>(counts.size());
  }
};

/// What is known of one activation tensor (of one batch, or merged over several). All values seen
/// are finite. Large tensors are represented by a deterministic sample, so `moments`, `histogram`
/// and `values` may describe fewer values than the tensor has; `extrema` always describe all, and
/// `histogram` and `values` hold them.
struct ActivationStatistics {
  Scheme scheme = Scheme::symmetric;
  Range extrema;            ///< smallest and largest value; {0, 0} for an empty tensor
  Moments moments;          ///< filled when asked for
  HistogramView histogram;  ///< filled when asked for
  /// Filled when asked for and at most kMaxListedValues; then there is no histogram. A copy, which
  /// the estimator may reorder and overwrite.
  std::span<float> values = {};
};

/// A strategy that chooses an activation's range from its statistics. Estimators are pure: the same
/// statistics give the same range, so one object serves any number of threads and sessions.
class OCTAVO_EXPORT RangeEstimator {
 public:
  virtual ~RangeEstimator();

  /// What messages call it. Valid while the estimator lives.
  [[nodiscard]] virtual std::string_view name() const noexcept;

  /// What `estimate` reads for this scheme. Asked once, while planning.
  [[nodiscard]] virtual StatisticsRequest needs(Scheme scheme) const;

  /// The range: finite, low <= high. For the symmetric scheme only max(|low|, |high|) counts.
  /// `previous` is the range chosen for this tensor in the batch before, or null. Another answer,
  /// and an exception, end the run with Error{estimator_failed}, which names the estimator and the
  /// layer; the session stays usable. Called on the thread that called run().
  [[nodiscard]] virtual Range estimate(const ActivationStatistics& statistics,
                                       const Range* previous) const = 0;
};

/// Builds an estimator from its name and parameters, as in "max", "entropy:bins=2048" or
/// "histogram:bins=2048,coverage=0.9999"; docs/ranges.md describes them. Throws
/// Error{invalid_argument} that lists the known names or parameters.
OCTAVO_EXPORT std::shared_ptr<const RangeEstimator> make_estimator(std::string_view spec);

/// The names that `make_estimator` knows.
OCTAVO_EXPORT std::vector<std::string> estimator_names();

}  // namespace octavo
