#include "runtime/formats/octavo_ranges.hpp"

#include <charconv>
#include <string_view>
#include <system_error>

#include "octavo/error.hpp"

#include "runtime/concat.hpp"

namespace octavo::formats {
namespace {

constexpr std::string_view kEstimator = "octavo.estimator";
constexpr std::string_view kLayerEstimator = "octavo.estimator:";
constexpr std::string_view kLayerRange = "octavo.range:";

/// "LOW HIGH"
Range parse_range(const std::string& key, const std::string& text) {
  Range range;
  const char* const end = text.data() + text.size();
  auto [stop, status] = std::from_chars(text.data(), end, range.low);
  if (status == std::errc() && stop != end && *stop == ' ') {
    const auto high = std::from_chars(stop + 1, end, range.high);
    if (high.ec == std::errc() && high.ptr == end) return range;
  }
  throw Error(ErrorCode::malformed_file,
              concat({key, ": found '", text.substr(0, 64), "'; expected two numbers"}));
}

/// The shortest texts that give the same floats when they are read.
std::string range_text(Range range) {
  char text[64];
  char* end = std::to_chars(text, text + 31, range.low).ptr;
  *end++ = ' ';
  end = std::to_chars(end, text + sizeof text, range.high).ptr;
  return {text, end};
}

}  // namespace

RangeSettings decode_range_settings(const Metadata& metadata) {
  RangeSettings settings;
  for (const auto& [key, value] : metadata) {
    if (key == kEstimator) settings.estimator = value;
    if (key.starts_with(kLayerEstimator)) {
      settings.layer_estimators[key.substr(kLayerEstimator.size())] = value;
    }
    if (key.starts_with(kLayerRange)) {
      settings.ranges[key.substr(kLayerRange.size())] = parse_range(key, value);
    }
  }
  return settings;
}

void encode_range_settings(const RangeSettings& settings, Metadata& metadata) {
  const auto add = [&](std::string_view start, const std::string& layer, std::string value) {
    metadata[std::string(start) + layer] = std::move(value);
  };
  if (!settings.estimator.empty()) add(kEstimator, {}, settings.estimator);
  for (const auto& [layer, spec] : settings.layer_estimators) add(kLayerEstimator, layer, spec);
  for (const auto& [layer, range] : settings.ranges) add(kLayerRange, layer, range_text(range));
}

}  // namespace octavo::formats
