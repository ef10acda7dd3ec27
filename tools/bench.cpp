#include <cstdint>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "octavo/cpu.hpp"
#include "octavo/error.hpp"

#include "tools/alternatives.hpp"
#include "tools/commands.hpp"
#include "tools/comparison.hpp"
#include "tools/model_argument.hpp"
#include "tools/options.hpp"
#include "tools/table.hpp"
#include "tools/trace.hpp"

namespace octavo::tools {
namespace {

constexpr const char* kDescription =
    "Compares the speed of float32 and int8, layer by layer and in total.";

constexpr const char* kFooter =
    "Inputs are random. The three precisions run in turn, several rounds; times are medians.\n"
    "The column `automatic` shows what --precision automatic of the other commands chooses, and\n"
    "the last one what the alternatives took when it measured them.\n\n"
    "Examples:\n"
    "  octavo bench model.onnx\n"
    "  octavo bench model.onnx --batch 8 --threads 2 --json result.json\n"
    "  octavo bench builtin:resnet18    also builtin:mlp, builtin:mobilenet_v2, builtin:encoder";

constexpr std::size_t kNameWidth = 32;
constexpr const char* kNothing = "-";

using Json = nlohmann::ordered_json;

struct BenchOptions {
  std::string model;
  std::optional<std::int64_t> batch;
  std::size_t rounds = 11;
  std::string json;
  std::string trace;
  PlanOptions plan;
};

std::string time_cell(std::optional<double> us) {
  return us ? format_number(*us) : kNothing;
}

std::string rate_cell(std::uint64_t macs, std::optional<double> us) {
  if (macs == 0 || !us || *us <= 0) return kNothing;
  return format_number(static_cast<double>(macs) / *us / 1000);
}

std::string ratio_cell(std::optional<double> over, std::optional<double> under) {
  if (!over || !under || *under <= 0) return kNothing;
  return format_number(*over / *under);
}

void print_table(const Comparison& result) {
  Table table({{"layer", Align::left},
               {"operator", Align::left},
               {"MACs"},
               {"float32 us"},
               {"GMAC/s"},
               {"int8 us"},
               {"GMAC/s"},
               {"speedup"},
               {"automatic", Align::left},
               {"alternatives us", Align::left}});
  for (const LayerComparison& layer : result.layers) {
    table.add({shorten(layer.name, kNameWidth), layer.op,
               layer.macs == 0 ? kNothing : format_count(layer.macs), time_cell(layer.float32_us),
               rate_cell(layer.macs, layer.float32_us), time_cell(layer.int8_us),
               rate_cell(layer.macs, layer.int8_us), ratio_cell(layer.float32_us, layer.int8_us),
               layer.automatic ? layer.automatic->kernel : kNothing,
               layer.automatic ? alternatives(layer.automatic->measured) : kNothing});
  }
  table.add({"total", "", format_count(result.macs), format_number(result.float32_us),
             rate_cell(result.macs, result.float32_us), format_number(result.int8_us),
             rate_cell(result.macs, result.int8_us), ratio_cell(result.float32_us, result.int8_us),
             "", ""});
  table.print(std::cout);
  std::cout << "automatic: " << format_number(result.automatic_us) << " us, "
            << ratio_cell(result.float32_us, result.automatic_us) << " times as fast as float32\n";
}

/// What Precision::automatic measured, by method, the chosen one first.
Json measured_times(const LayerComparison& layer) {
  Json times = Json::object();
  if (!layer.automatic) return times;
  for (const MethodTime& time : layer.automatic->measured) times[time.method] = microseconds(time);
  return times;
}

void write_json(const Comparison& result, const std::string& path) {
  const auto number = [](std::optional<double> value) { return value ? Json(*value) : Json(); };
  Json layers = Json::array();
  for (const LayerComparison& layer : result.layers) {
    layers.push_back(
        {{"name", layer.name},
         {"op", layer.op},
         {"macs", layer.macs},
         {"float32_us", number(layer.float32_us)},
         {"int8_us", number(layer.int8_us)},
         {"automatic", layer.automatic ? Json(name_of(layer.automatic->precision)) : Json()},
         {"measured_us", measured_times(layer)}});
  }
  const Json document{{"layers", std::move(layers)},
                      {"total",
                       {{"macs", result.macs},
                        {"float32_us", result.float32_us},
                        {"int8_us", result.int8_us},
                        {"automatic_us", result.automatic_us}}}};
  std::ofstream file(path);
  file << document.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  if (!file.flush()) throw Error(ErrorCode::io, path + ": cannot be written");
}

void bench(const BenchOptions& options) {
  const Model model = load_model(options.model);
  SessionOptions settings = session_options(options.plan, model);
  if (options.batch) bind_batch(model, *options.batch, settings.shapes);
  if (settings.isa.empty()) settings.isa = default_instruction_set();
  const Comparison result = compare_precisions(model, settings, options.rounds);
  if (!options.json.empty()) write_json(result, options.json);
  if (!options.trace.empty()) write_trace(options.trace, result.runs);
  std::cout << options.model;
  for (const TensorInfo& input : result.inputs) {
    std::cout << ", " << input.name << ' ' << octavo::to_string(input.shape);
  }
  std::cout << '\n'
            << settings.isa << ", " << options.plan.threads
            << (options.plan.threads == 1 ? " thread, " : " threads, ") << name_of(settings.scheme)
            << ", estimator " << estimator_in_use(options.plan.ranges, model) << ", range scope "
            << name_of(settings.range_scope) << "\n\n";
  print_table(result);
}

}  // namespace

void add_bench(CLI::App& app) {
  const auto options = std::make_shared<BenchOptions>();
  CLI::App& command = *app.add_subcommand("bench", kDescription);
  command.footer(kFooter);
  add_model_argument(command, options->model);
  command
      .add_option("--batch", options->batch, "Batch size, for models whose batch is free; else 1")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{65536}).description(""));
  command
      .add_option(
          "--rounds", options->rounds,
          "How often the three precisions take turns; default " + std::to_string(options->rounds))
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, std::size_t{10000}).description(""));
  command
      .add_option("--json", options->json, "Write the medians, in microseconds, to this file too")
      ->type_name("FILE");
  command
      .add_option("--trace", options->trace,
                  "Write one run of each precision as Chrome trace events, for a trace viewer")
      ->type_name("FILE");
  add_plan_options(command, options->plan);
  add_no_tune_option(command, options->plan);
  command.callback([options] { bench(*options); });
}

}  // namespace octavo::tools
