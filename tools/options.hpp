#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "octavo/session.hpp"

#include "tools/range_options.hpp"

namespace octavo::tools {

/// The options of every command that plans sessions, as the command line gave them.
struct PlanOptions {
  Precision precision = Precision::automatic;
  Scheme scheme = Scheme::asymmetric;
  RangeScope range_scope = RangeScope::batch;
  RangeOptions ranges;
  bool static_ranges = true;
  std::optional<float> clip_guard;
  std::size_t threads = 1;
  bool float_winograd = false;
  std::string isa;
  std::string tuning;
  bool measure = true;
  std::vector<std::string> shapes;
};

/// Adds the positional MODEL.
void add_model_argument(CLI::App& command, std::string& model);

void add_precision_option(CLI::App& command, PlanOptions& options);

/// Adds --scheme.
void add_scheme_option(CLI::App& command, PlanOptions& options);

/// Adds --shape.
void add_shape_option(CLI::App& command, std::vector<std::string>& shapes);

/// Adds the options that do not change what is computed but for rounding: --threads,
/// --float-winograd, --isa, --shape.
void add_execution_options(CLI::App& command, PlanOptions& options);

/// Adds a --scheme that takes several; `schemes` stays empty without it.
void add_schemes_option(CLI::App& command, std::vector<Scheme>& schemes);

/// Adds the options of PlanOptions except --precision and --no-tune.
void add_plan_options(CLI::App& command, PlanOptions& options);

/// Adds --no-tune, for commands that may use Precision::automatic.
void add_no_tune_option(CLI::App& command, PlanOptions& options);

/// What a session takes for `model`. Throws Error for an unknown estimator or a wrong --shape.
SessionOptions session_options(const PlanOptions& options, const Model& model);

/// Reads NAME=1,3,224,224 texts. Throws Error{invalid_argument} for another form, a name that is no
/// input of the model, or a name given twice.
ShapeBindings parse_shapes(const std::vector<std::string>& texts, const Model& model);

/// Binds the free first dimension of every input that has no binding yet to `batch`. Throws
/// Error{invalid_argument} when no input of the model can take it.
void bind_batch(const Model& model, std::int64_t batch, ShapeBindings& shapes);

/// The names of the range estimators, separated by commas.
std::string list_estimators();

/// "'image' (float32 [?, 1, 8, 8]), 'mask' (int64 [1])", for messages.
std::string list_inputs(const Model& model);

const char* name_of(Precision precision);
const char* name_of(Scheme scheme);
const char* name_of(RangeScope scope);

}  // namespace octavo::tools
