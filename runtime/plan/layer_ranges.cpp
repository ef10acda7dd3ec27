#include "runtime/plan/layer_ranges.hpp"

#include "octavo/error.hpp"

#include "runtime/context.hpp"
#include "runtime/graph/range_settings.hpp"

namespace octavo {

LayerRanges::LayerRanges(const RangeSettings& settings, const SessionOptions& options)
    : estimator_(options.estimator),
      layer_estimators_(options.layer_estimators),
      clip_guard_(options.clip_guard) {
  if (clip_guard_ && !(*clip_guard_ >= 0.0F && *clip_guard_ <= 1.0F)) {
    throw Error(ErrorCode::invalid_argument,
                "clip_guard is " + std::to_string(*clip_guard_) + "; expected a share from 0 to 1");
  }
  for (const auto& [layer, estimator] : layer_estimators_) {
    if (estimator == nullptr) {
      throw Error(ErrorCode::invalid_argument,
                  "layer_estimators: found a null pointer for layer '" + layer + "'");
    }
  }
  if (options.static_ranges) ranges_ = settings.ranges;
  if (estimator_ != nullptr) return;
  estimator_ = make_estimator(settings.estimator.empty() ? "max" : settings.estimator);
  for (const auto& [layer, spec] : settings.layer_estimators) {
    stored_.emplace(layer, make_estimator(spec));
  }
}

LayerRange LayerRanges::of(std::string_view layer) const {
  const auto own = layer_estimators_.find(layer);
  if (own != layer_estimators_.end()) return {own->second, {}};
  const auto stored = stored_.find(layer);
  const auto fixed = ranges_.find(layer);
  return {stored != stored_.end() ? stored->second : estimator_,
          fixed != ranges_.end() ? std::optional(fixed->second) : std::nullopt};
}

void LayerRanges::require_layers(const std::vector<std::string_view>& quantizable) const {
  in_context([] { return std::string("layer_estimators"); },
             [&] {
               for (const auto& [layer, estimator] : layer_estimators_) {
                 require_layer(layer, quantizable, ErrorCode::invalid_argument);
               }
             });
}

}  // namespace octavo
