#include "octavo/calibration.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "octavo/error.hpp"

#include "calib/streaming_statistics.hpp"
#include "runtime/context.hpp"
#include "runtime/plan/layer_ranges.hpp"

namespace octavo {

struct RangeCalibration::State {
  State(const Model& model, const SessionOptions& options)
      : session(model, options), statistics(session.layers().size()) {
    const LayerRanges ranges(model.range_settings(), options);
    for (std::size_t i = 0; i < statistics.size(); ++i) {
      const LayerInfo& layer = session.layers()[i];
      if (!layer.quantizable) continue;
      statistics[i] = std::make_unique<calib::StreamingStatistics>(ranges.of(layer.name).estimator,
                                                                   options.scheme);
    }
  }

  Session session;
  /// By layer; null where no int8 kernel applies.
  std::vector<std::unique_ptr<calib::StreamingStatistics>> statistics;
  bool has_run = false;
};

RangeCalibration::RangeCalibration(const Model& model, SessionOptions options) {
  options.precision = Precision::float32;
  options.static_ranges = false;
  state_ = std::make_unique<State>(model, options);
}

RangeCalibration::RangeCalibration(RangeCalibration&&) noexcept = default;
RangeCalibration& RangeCalibration::operator=(RangeCalibration&&) noexcept = default;
RangeCalibration::~RangeCalibration() = default;

Session& RangeCalibration::session() noexcept {
  return state_->session;
}

void RangeCalibration::run() {
  state_->session.run_observed([this](std::size_t layer, const LayerTensors& tensors) {
    const auto& statistics = state_->statistics[layer];
    if (statistics == nullptr) return;
    in_context([&] { return "the input of layer '" + state_->session.layers()[layer].name + "'"; },
               [&] { statistics->add(tensors.input); });
  });
  state_->has_run = true;
}

std::map<std::string, Range, std::less<>> RangeCalibration::ranges() const {
  if (!state_->has_run) {
    throw Error(ErrorCode::invalid_argument, "calibration: no batch has been run");
  }
  std::map<std::string, Range, std::less<>> ranges;
  for (std::size_t i = 0; i < state_->statistics.size(); ++i) {
    if (state_->statistics[i] == nullptr) continue;
    const std::string& name = state_->session.layers()[i].name;
    const Range range = in_context([&] { return "layer '" + name + "'"; },
                                   [&] { return state_->statistics[i]->range(); });
    const bool is_new = !ranges.contains(name);
    Range& all = ranges[name];
    all = is_new ? range : Range{std::min(all.low, range.low), std::max(all.high, range.high)};
  }
  return ranges;
}

}  // namespace octavo
