#include "tools/options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "octavo/error.hpp"
#include "octavo/range_estimator.hpp"

namespace octavo::tools {
namespace {

constexpr std::size_t kMaxThreads = 1024;

template <class Enum, std::size_t count>
using Choices = std::array<std::pair<const char*, Enum>, count>;

constexpr Choices<Precision, 3> kPrecisions{{{"float32", Precision::float32},
                                             {"int8", Precision::int8},
                                             {"automatic", Precision::automatic}}};
constexpr Choices<Scheme, 2> kSchemes{
    {{"symmetric", Scheme::symmetric}, {"asymmetric", Scheme::asymmetric}}};
constexpr Choices<RangeScope, 2> kScopes{{{"batch", RangeScope::batch}, {"row", RangeScope::row}}};

template <class Enum, std::size_t count>
const char* choice_name(const Choices<Enum, count>& choices, Enum value) {
  return std::ranges::find(choices, value, [](const auto& choice) { return choice.second; })->first;
}

/// Adds an option whose value is one of a list of words.
template <class Enum, std::size_t count>
void add_choice(CLI::App& command, const std::string& flag, Enum& value,
                const Choices<Enum, count>& choices, const std::string& description) {
  std::vector<std::string> names;
  for (const auto& choice : choices) names.emplace_back(choice.first);
  const auto assign = [&value, &choices](const std::string& name) {
    value = std::ranges::find(choices, name, [](const auto& choice) {
              return std::string_view(choice.first);
            })->second;
  };
  command
      .add_option_function<std::string>(flag, assign,
                                        description + "; default " + choice_name(choices, value))
      ->check(CLI::IsMember(names).description(""))
      ->type_name(CLI::detail::join(names, "|"));
}

const TensorInfo& find_input(const Model& model, std::string_view name) {
  const auto found = std::ranges::find(model.inputs(), name, &TensorInfo::name);
  if (found == model.inputs().end()) {
    throw Error(ErrorCode::invalid_argument, "--shape: the model has no input '" +
                                                 std::string(name) + "'; it has " +
                                                 list_inputs(model));
  }
  return *found;
}

/// Reads "1,3,224,224"; nothing where a part is not an extent of at least 1.
Shape parse_extents(std::string_view text) {
  Shape shape;
  for (const char *next = text.data(), *const end = next + text.size(); next <= end; ++next) {
    std::int64_t extent = 0;
    const auto [stop, error] = std::from_chars(next, end, extent);
    if (error != std::errc{} || extent < 1 || (stop != end && *stop != ',')) return {};
    shape.push_back(extent);
    next = stop;
  }
  return shape;
}

}  // namespace

void add_model_argument(CLI::App& command, std::string& model) {
  command.add_option("MODEL", model, "An .onnx file, an Octavo .safetensors file, or builtin:NAME")
      ->required()
      ->type_name("");
}

void add_precision_option(CLI::App& command, PlanOptions& options) {
  add_choice(command, "--precision", options.precision, kPrecisions,
             "What linear and convolution layers compute in; automatic: per layer, whichever is "
             "faster here");
}

void add_shape_option(CLI::App& command, std::vector<std::string>& shapes) {
  command
      .add_option("--shape", shapes,
                  "Shape of an input with free dimensions, NAME=1,3,224,224; repeatable. Free "
                  "dimensions that nothing binds are 1")
      ->type_name("NAME=N,N,...");
}

void add_execution_options(CLI::App& command, PlanOptions& options) {
  command.add_option("--threads", options.threads, "Threads that one run uses; default 1")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, kMaxThreads).description(""));
  command.add_flag("--float-winograd", options.float_winograd,
                   "Compute float 3x3 convolutions by Winograd's algorithm: faster and less exact");
  command
      .add_option("--isa", options.isa,
                  "Instruction set; `octavo cpu` lists them. Without it $OCTAVO_ISA, or else the "
                  "best that is supported")
      ->type_name("NAME");
  add_shape_option(command, options.shapes);
}

void add_scheme_option(CLI::App& command, PlanOptions& options) {
  add_choice(command, "--scheme", options.scheme, kSchemes,
             "How an activation's range becomes a scale and a zero point");
}

void add_plan_options(CLI::App& command, PlanOptions& options) {
  add_scheme_option(command, options);
  add_range_options(command, options.ranges);
  command.add_flag("!--dynamic-ranges", options.static_ranges,
                   "Measure all ranges, also those of which the model file has static ones");
  command
      .add_option("--clip-guard", options.clip_guard,
                  "The share of a layer's input that a static range may clip, 0 to 1; a batch of "
                  "which it would clip more has its range measured")
      ->type_name("SHARE")
      ->check(CLI::Range(0.0F, 1.0F).description(""));
  add_choice(command, "--range-scope", options.range_scope, kScopes,
             "What shares one range: the whole batch, or each row (sample) for itself");
  command
      .add_option("--tuning", options.tuning,
                  "A file of `octavo tune`, which automatic precision follows")
      ->type_name("FILE");
  add_execution_options(command, options);
}

void add_schemes_option(CLI::App& command, std::vector<Scheme>& schemes) {
  std::vector<std::string> names;
  for (const auto& choice : kSchemes) names.emplace_back(choice.first);
  const auto assign = [&schemes](const std::vector<std::string>& chosen) {
    for (const auto& [name, scheme] : kSchemes) {
      if (std::ranges::find(chosen, name) != chosen.end()) schemes.push_back(scheme);
    }
  };
  command
      .add_option_function<std::vector<std::string>>(
          "--scheme", assign, "How ranges become scales and zero points; default both")
      ->check(CLI::IsMember(names).description(""))
      ->type_name(CLI::detail::join(names, "|"));
}

std::string list_estimators() {
  std::string names;
  for (const std::string& name : estimator_names()) names += (names.empty() ? "" : ", ") + name;
  return names;
}

void add_no_tune_option(CLI::App& command, PlanOptions& options) {
  command.add_flag(
      "!--no-tune", options.measure,
      "Let a cost model choose for automatic precision instead of measuring (docs/tuning.md)");
}

SessionOptions session_options(const PlanOptions& options, const Model& model) {
  SessionOptions session;
  session.precision = options.precision;
  session.scheme = options.scheme;
  session.range_scope = options.range_scope;
  set_estimators(options.ranges, session);
  session.static_ranges = options.static_ranges;
  session.clip_guard = options.clip_guard;
  session.float_winograd = options.float_winograd;
  session.threads = options.threads;
  session.isa = options.isa;
  if (!options.tuning.empty()) session.tuning = Tuning::load(options.tuning);
  if (!options.measure) session.tune_budget = {};
  session.shapes = parse_shapes(options.shapes, model);
  return session;
}

ShapeBindings parse_shapes(const std::vector<std::string>& texts, const Model& model) {
  ShapeBindings shapes;
  for (const std::string& text : texts) {
    const std::size_t equals = text.rfind('=');  // a name may hold '=', extents cannot
    const Shape shape = equals == std::string::npos
                            ? Shape{}
                            : parse_extents(std::string_view(text).substr(equals + 1));
    if (shape.empty()) {
      throw Error(ErrorCode::invalid_argument,
                  "--shape: found '" + text + "'; expected NAME=1,3,224,224 with extents from 1");
    }
    const std::string& name = find_input(model, std::string_view(text).substr(0, equals)).name;
    if (!shapes.emplace(name, shape).second) {
      throw Error(ErrorCode::invalid_argument, "--shape: two shapes for input '" + name + "'");
    }
  }
  return shapes;
}

void bind_batch(const Model& model, std::int64_t batch, ShapeBindings& shapes) {
  bool taken = false;
  for (const TensorInfo& input : model.inputs()) {
    if (shapes.contains(input.name) || input.shape.empty()) continue;
    Shape shape = input.shape;
    if (shape[0] == -1) {
      shape[0] = batch;
      std::ranges::replace(shape, std::int64_t{-1}, std::int64_t{1});
      shapes.emplace(input.name, std::move(shape));
      taken = true;
    } else {
      taken = taken || shape[0] == batch;
    }
  }
  if (!taken) {
    throw Error(ErrorCode::invalid_argument,
                "--batch: found " + std::to_string(batch) +
                    ", but no input has a free first dimension; the model's inputs are " +
                    list_inputs(model));
  }
}

std::string list_inputs(const Model& model) {
  std::string text;
  for (const TensorInfo& input : model.inputs()) {
    if (!text.empty()) text += ", ";
    text += "'" + input.name + "' (" + std::string(to_string(input.type)) + " " +
            to_string(input.shape) + ")";
  }
  return text.empty() ? "none" : text;
}

const char* name_of(Precision precision) {
  return choice_name(kPrecisions, precision);
}
const char* name_of(Scheme scheme) {
  return choice_name(kSchemes, scheme);
}
const char* name_of(RangeScope scope) {
  return choice_name(kScopes, scope);
}

}  // namespace octavo::tools
