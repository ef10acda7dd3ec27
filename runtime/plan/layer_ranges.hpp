#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string_view>

#include "octavo/session.hpp"

namespace octavo {

/// What a layer's input takes its range from.
struct LayerRange {
  std::shared_ptr<const RangeEstimator> estimator;
  std::optional<Range> fixed;  ///< a static range, which goes before the estimator
};

/// Where each layer of a session takes its range from. An estimator that the options name for the
/// layer goes first, then a static range of the model. Otherwise, and where the clip guard holds,
/// it is the options' estimator for all layers, or else the model's for this layer, or else the
/// model's for all. Refers to the options and the settings: for use while planning.
class LayerRanges {
 public:
  /// Throws Error{invalid_argument} for a clip guard that is no share and for a null estimator.
  LayerRanges(const RangeSettings& settings, const SessionOptions& options);

  [[nodiscard]] LayerRange of(std::string_view layer) const;
  [[nodiscard]] std::optional<float> clip_guard() const { return options_->clip_guard; }

  /// Throws Error{invalid_argument} when a layer that the options name is none of these.
  void require_layers(const std::set<std::string_view>& quantizable) const;

 private:
  [[nodiscard]] std::shared_ptr<const RangeEstimator> estimator_of(std::string_view layer) const;

  const RangeSettings* settings_;
  const SessionOptions* options_;
};

}  // namespace octavo
