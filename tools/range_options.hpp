#pragma once

#include <map>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "octavo/session.hpp"

namespace octavo::tools {

/// How ranges are chosen, as the command line gave it.
struct RangeOptions {
  std::string estimator;                      ///< empty: the model's, or else max
  std::vector<std::string> layer_estimators;  ///< LAYER=SPEC
};

/// Adds --estimator and --layer-estimator.
void add_range_options(CLI::App& command, RangeOptions& options);

/// The settings of `model` with what the options say in place of it. Throws Error{invalid_argument}
/// for a text that is not LAYER=SPEC and a layer that is named twice.
RangeSettings range_settings(const RangeOptions& options, const Model& model);

/// Sets the estimators that the options name. Throws what range_settings and make_estimator do.
void set_estimators(const RangeOptions& options, SessionOptions& session);

/// The estimator of layers that nothing else is said of.
std::string estimator_in_use(const RangeOptions& options, const Model& model);

}  // namespace octavo::tools
