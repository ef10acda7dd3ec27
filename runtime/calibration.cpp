#include "octavo/calibration.hpp"

#include <utility>
#include <vector>

#include "octavo/error.hpp"

#include "calib/streaming_statistics.hpp"
#include "runtime/context.hpp"
#include "runtime/plan/layer_ranges.hpp"

namespace octavo {
namespace {

SessionOptions in_float32(SessionOptions options) {
  options.precision = Precision::float32;
  options.static_ranges = false;
  return options;
}

}  // namespace

struct RangeCalibration::State {
  State(const Model& model, const SessionOptions& options) : session(model, options) {
    const LayerRanges ranges(model.range_settings(), options);
    for (const LayerInfo& layer : session.layers()) {
      if (!layer.quantizable) continue;
      statistics.try_emplace(layer.name, ranges.of(layer.name).estimator, options.scheme);
    }
  }

  Session session;
  std::map<std::string, calib::StreamingStatistics, std::less<>> statistics;  ///< by layer
  bool has_run = false;
};

RangeCalibration::RangeCalibration(const Model& model, SessionOptions options)
    : state_(std::make_unique<State>(model, in_float32(std::move(options)))) {}
RangeCalibration::RangeCalibration(RangeCalibration&&) noexcept = default;
RangeCalibration& RangeCalibration::operator=(RangeCalibration&&) noexcept = default;
RangeCalibration::~RangeCalibration() = default;

Session& RangeCalibration::session() noexcept {
  return state_->session;
}

void RangeCalibration::run() {
  state_->session.run_observed([this](std::size_t index, const LayerTensors& tensors) {
    const LayerInfo& layer = state_->session.layers()[index];
    if (!layer.quantizable) return;
    in_context([&] { return "the input of layer '" + layer.name + "'"; },
               [&] { state_->statistics.find(layer.name)->second.add(tensors.input); });
  });
  state_->has_run = true;
}

std::map<std::string, Range, std::less<>> RangeCalibration::ranges() const {
  if (!state_->has_run) {
    throw Error(ErrorCode::invalid_argument, "calibration: no batch has been run");
  }
  std::map<std::string, Range, std::less<>> ranges;
  for (const auto& [layer, statistics] : state_->statistics) {
    ranges[layer] = in_context([&layer = layer] { return "layer '" + layer + "'"; },
                               [&statistics = statistics] { return statistics.range(); });
  }
  return ranges;
}

}  // namespace octavo
