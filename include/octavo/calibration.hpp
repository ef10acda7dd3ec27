#pragma once

#include <map>
#include <memory>
#include <string>

#include "octavo/export.hpp"
#include "octavo/model.hpp"
#include "octavo/session.hpp"

namespace octavo {

/// Finds static ranges: runs a model in float32 over batches of data and gives each layer's
/// estimator the statistics of all of them.
///
///     RangeCalibration calibration(model, {.estimator = make_estimator("percentile")});
///     for (const Batch& batch : data) {
///       std::ranges::copy(batch, calibration.session().input(0).data<float>().begin());
///       calibration.run();
///     }
///     RangeSettings settings = model.range_settings();
///     settings.ranges = calibration.ranges();
///     model.quantized().with_range_settings(settings).save("model.safetensors");
///
/// Every value counts, whatever an estimator's sample size. How the data are split into batches
/// makes no difference, but for estimators that ask for each batch
/// (StatisticsRequest::each_batch) and the rounding of moments. One caller at a time.
class OCTAVO_EXPORT RangeCalibration {
 public:
  /// Plans a float32 session; of the options, those about precision and weights do not matter.
  /// Throws what Session does.
  explicit RangeCalibration(const Model& model, SessionOptions options = {});
  RangeCalibration(RangeCalibration&&) noexcept;
  RangeCalibration& operator=(RangeCalibration&&) noexcept;
  ~RangeCalibration();

  /// Where the inputs of the next batch go.
  [[nodiscard]] Session& session() noexcept;

  /// Runs the batch in the session's inputs. Throws Error{non_finite} that names the layer whose
  /// input holds NaN or infinity; the layers before have counted it.
  void run();

  /// The range of every layer that an int8 kernel applies to, by name; one that holds all where
  /// layers share a name. Throws
  /// Error{invalid_argument} before the first batch, and Error{estimator_failed}.
  [[nodiscard]] std::map<std::string, Range, std::less<>> ranges() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace octavo
