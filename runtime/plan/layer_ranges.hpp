#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
/// model's for all.
class LayerRanges {
 public:
  /// Throws Error{invalid_argument} for an option that is out of range or a null estimator.
  LayerRanges(const RangeSettings& settings, const SessionOptions& options);

  [[nodiscard]] LayerRange of(std::string_view layer) const;
  [[nodiscard]] std::optional<float> clip_guard() const { return clip_guard_; }

  /// Throws Error{invalid_argument} when a layer that the options name is none of these.
  void require_layers(const std::vector<std::string_view>& quantizable) const;

 private:
  using Estimators = std::map<std::string, std::shared_ptr<const RangeEstimator>, std::less<>>;

  std::shared_ptr<const RangeEstimator> estimator_;
  Estimators layer_estimators_;  ///< of the options
  Estimators stored_;            ///< of the model
  std::map<std::string, Range, std::less<>> ranges_;
  std::optional<float> clip_guard_;
};

}  // namespace octavo
