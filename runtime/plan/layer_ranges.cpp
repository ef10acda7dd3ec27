#include "runtime/plan/layer_ranges.hpp"

#include "octavo/error.hpp"

#include "runtime/concat.hpp"
#include "runtime/graph/range_settings.hpp"

namespace octavo {

LayerRanges::LayerRanges(const RangeSettings& settings, const SessionOptions& options)
    : settings_(&settings), options_(&options) {
  if (options.clip_guard && !(*options.clip_guard >= 0.0F && *options.clip_guard <= 1.0F)) {
    throw Error(
        ErrorCode::invalid_argument,
        "clip_guard is " + std::to_string(*options.clip_guard) + "; expected a share from 0 to 1");
  }
  for (const auto& [layer, estimator] : options.layer_estimators) {
    if (estimator == nullptr) {
      throw Error(ErrorCode::invalid_argument,
                  concat({"layer_estimators: found a null pointer for layer '", layer, "'"}));
    }
  }
}

std::shared_ptr<const RangeEstimator> LayerRanges::estimator_of(std::string_view layer) const {
  if (options_->estimator != nullptr) return options_->estimator;
  const auto stored = settings_->layer_estimators.find(layer);
  if (stored != settings_->layer_estimators.end()) return make_estimator(stored->second);
  return make_estimator(settings_->estimator.empty() ? "max" : settings_->estimator);
}

LayerRange LayerRanges::of(std::string_view layer) const {
  const auto own = options_->layer_estimators.find(layer);
  if (own != options_->layer_estimators.end()) return {own->second, {}};
  LayerRange range{estimator_of(layer), {}};
  const auto fixed = settings_->ranges.find(layer);
  if (options_->static_ranges && fixed != settings_->ranges.end()) range.fixed = fixed->second;
  return range;
}

void LayerRanges::require_layers(const std::set<std::string_view>& quantizable) const {
  for (const auto& [layer, estimator] : options_->layer_estimators) {
    require_layer(layer, quantizable, ErrorCode::invalid_argument);
  }
}

}  // namespace octavo
