#include "tools/range_options.hpp"

#include <algorithm>
#include <string_view>

#include "octavo/error.hpp"
#include "octavo/range_estimator.hpp"

#include "tools/options.hpp"

namespace octavo::tools {
namespace {

using LayerSpecs = std::map<std::string, std::string, std::less<>>;

/// Where LAYER=SPEC is split. Both may hold '=': what follows it is the name of an estimator.
std::size_t split_position(std::string_view text) {
  const std::vector<std::string> names = estimator_names();
  std::size_t equals = text.find('=');
  for (; equals != std::string_view::npos; equals = text.find('=', equals + 1)) {
    const std::string_view spec = text.substr(equals + 1);
    if (std::ranges::find(names, spec.substr(0, spec.find(':'))) != names.end()) return equals;
  }
  throw Error(ErrorCode::invalid_argument, "--layer-estimator: found '" + std::string(text) +
                                               "'; expected LAYER=SPEC with one of " +
                                               list_estimators());
}

LayerSpecs layer_specs(const std::vector<std::string>& texts) {
  LayerSpecs specs;
  for (const std::string& text : texts) {
    const std::size_t equals = split_position(text);
    if (!specs.emplace(text.substr(0, equals), text.substr(equals + 1)).second) {
      throw Error(ErrorCode::invalid_argument,
                  "--layer-estimator: two estimators for layer '" + text.substr(0, equals) + "'");
    }
  }
  return specs;
}

}  // namespace

void add_range_options(CLI::App& command, RangeOptions& options) {
  command
      .add_option("--estimator", options.estimator,
                  "How the range is chosen: " + list_estimators() +
                      "; with parameters as in histogram:bins=2048,coverage=0.9999 (see "
                      "docs/ranges.md); default what the model file says, or else max")
      ->type_name("SPEC");
  command
      .add_option("--layer-estimator", options.layer_estimators,
                  "The same for one layer, by its name in `octavo inspect`; repeatable")
      ->type_name("LAYER=SPEC");
}

RangeSettings range_settings(const RangeOptions& options, const Model& model) {
  RangeSettings settings = model.range_settings();
  if (!options.estimator.empty()) {
    settings.estimator = options.estimator;
    settings.layer_estimators.clear();
  }
  for (auto& [layer, spec] : layer_specs(options.layer_estimators)) {
    settings.layer_estimators[layer] = spec;
  }
  return settings;
}

void set_estimators(const RangeOptions& options, SessionOptions& session) {
  if (!options.estimator.empty()) session.estimator = make_estimator(options.estimator);
  for (const auto& [layer, spec] : layer_specs(options.layer_estimators)) {
    session.layer_estimators[layer] = make_estimator(spec);
  }
}

std::string estimator_in_use(const RangeOptions& options, const Model& model) {
  if (!options.estimator.empty()) return options.estimator;
  const std::string& stored = model.range_settings().estimator;
  return stored.empty() ? "max" : stored;
}

}  // namespace octavo::tools
