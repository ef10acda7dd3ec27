#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "octavo/session.hpp"

#include "tools/activation_histogram.hpp"
#include "tools/error_statistics.hpp"
#include "tools/output_agreement.hpp"
#include "tools/samples.hpp"

namespace octavo::tools {

/// One way to quantize activations.
struct Configuration {
  std::string estimator;  ///< as make_estimator takes it
  Scheme scheme = Scheme::asymmetric;
};

/// The ranges that were chosen for one activation, one in each run.
struct ChosenRanges {
  std::vector<Range> runs;

  [[nodiscard]] Range mean() const;
  /// The smallest interval that holds all of them.
  [[nodiscard]] Range widest() const;
};

/// What a configuration makes of the activation that a layer quantizes.
struct QuantizedActivation {
  ChosenRanges ranges;
  std::uint64_t clipped = 0;     ///< of the values in the int8 run
  QuantizedHistogram histogram;  ///< of the values in the float32 run, in the ranges above
};

/// One layer in one configuration.
struct LayerAccuracy {
  double us = 0.0;        ///< median
  ErrorStatistics error;  ///< of its output against that of the float32 run
  std::optional<QuantizedActivation> activation;
};

/// One layer in all configurations.
struct LayerReport {
  LayerInfo info;
  double float32_us = 0.0;
  /// Of the input in the float32 run, where int8 quantizes it.
  std::optional<ActivationHistogram> activation;
  std::vector<LayerAccuracy> int8;  ///< per configuration
};

/// One output of the model in one precision.
struct OutputAccuracy {
  OutputAgreement with_float32;
  std::optional<OutputAgreement> with_reference;
  std::optional<double> right;  ///< share of the labels that the largest values name
};

struct OutputReport {
  TensorInfo info;
  OutputAccuracy float32;
  std::vector<OutputAccuracy> int8;  ///< per configuration
};

struct AccuracyReport {
  std::vector<TensorInfo> inputs;  ///< with the shapes that were run
  std::vector<Configuration> configurations;
  std::vector<LayerReport> layers;  ///< in execution order
  std::vector<OutputReport> outputs;
  double float32_us = 0.0;
  std::vector<double> int8_us;  ///< per configuration
};

/// The float32 and the int8 sessions of a model, ready to be compared.
class AccuracyComparison {
 public:
  /// Plans. `options` has RangeScope::batch; its precision, scheme and estimator do not count, and
  /// neither do the estimators and static ranges of the model.
  AccuracyComparison(const Model& model, const SessionOptions& options,
                     std::vector<Configuration> configurations);

  [[nodiscard]] const Session& float32() const { return sessions_.front(); }

  /// Runs every session on all samples, in their order, then measures the time of each for `rounds`
  /// rounds. `labels` are those of the first output's rows, or empty. Throws Error that names the
  /// sample when a run fails. Called once: estimators may remember earlier runs.
  AccuracyReport run(std::span<const Sample> samples, std::span<const std::int64_t> labels,
                     std::size_t rounds);

 private:
  class Measurement;

  std::vector<Configuration> configurations_;
  std::vector<Session> sessions_;  ///< float32, then one per configuration
  SessionOptions options_;
};

}  // namespace octavo::tools
