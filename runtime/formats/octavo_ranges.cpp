#include "runtime/formats/octavo_ranges.hpp"

#include <cmath>
#include <cstdint>

#include "octavo/error.hpp"

#include "runtime/context.hpp"
#include "runtime/formats/json.hpp"

namespace octavo::formats {
namespace {

using nlohmann::json;

constexpr std::int64_t kVersion = 1;
constexpr int kMaxDepth = 4;

/// A JSON number as the nearest float: infinite where it is larger than all, which no range is.
float end_of(const json& value) {
  if (!value.is_number()) throw Error(ErrorCode::malformed_file, "an end is not a number");
  return static_cast<float>(value.get<double>());
}

Range range_of(const json& value) {
  const json& ends = json_list(value, "its range");
  if (ends.size() != 2) {
    throw Error(ErrorCode::malformed_file,
                "its range has " + std::to_string(ends.size()) + " ends, expected 2");
  }
  return {end_of(ends[0]), end_of(ends[1])};
}

}  // namespace

RangeSettings decode_range_settings(std::string_view text) {
  const json root = parse_json(text, kMaxDepth);
  require_members(json_object(root, "it"), {"version", "estimator", "layer_estimators", "ranges"});
  const std::int64_t version = json_integer(root["version"], "version");
  if (version != kVersion) {
    throw Error(ErrorCode::unsupported,
                "version " + std::to_string(version) + " is not supported, expected 1");
  }
  RangeSettings settings;
  settings.estimator = json_string(root["estimator"], "estimator");
  for (const auto& [layer, spec] :
       json_object(root["layer_estimators"], "layer_estimators").items()) {
    settings.layer_estimators[layer] = json_string(spec, "an estimator");
  }
  for (const auto& [layer, range] : json_object(root["ranges"], "ranges").items()) {
    in_context([&layer = layer] { return "layer '" + layer + "'"; },
               [&, &layer = layer, &range = range] { settings.ranges[layer] = range_of(range); });
  }
  return settings;
}

std::string encode_range_settings(const RangeSettings& settings) {
  json root = {{"version", kVersion},
               {"estimator", settings.estimator},
               {"layer_estimators", json::object()},
               {"ranges", json::object()}};
  for (const auto& [layer, spec] : settings.layer_estimators) {
    root["layer_estimators"][layer] = spec;
  }
  for (const auto& [layer, range] : settings.ranges) {
    root["ranges"][layer] = {range.low, range.high};
  }
  return to_text(root);
}

}  // namespace octavo::formats
