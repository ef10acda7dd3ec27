#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "octavo/calibration.hpp"
#include "octavo/error.hpp"

#include "tools/commands.hpp"
#include "tools/input_files.hpp"
#include "tools/model_argument.hpp"
#include "tools/options.hpp"
#include "tools/range_options.hpp"
#include "tools/table.hpp"

namespace octavo::tools {
namespace {

constexpr const char* kDescription =
    "Finds static ranges: runs a model in float32 over data and stores each layer's range.";

constexpr const char* kFooter =
    "A session of the file takes these ranges instead of measuring, unless told otherwise "
    "(--dynamic-ranges,\n"
    "--clip-guard of the other commands). Weights stay as they are: `octavo quantize` before or "
    "after\n"
    "makes them int8 and keeps the ranges. The ranges are for one scheme.\n\n"
    "Examples:\n"
    "  octavo calibrate model.onnx --input-dir batch0 batch1 -o model.safetensors\n"
    "  octavo calibrate model.onnx --input-dir data/* --estimator percentile -o m.safetensors";

constexpr std::size_t kNameWidth = 48;

struct CalibrateOptions {
  std::string model;
  std::string output;
  std::vector<std::string> folders;
  PlanOptions plan;
};

void print_ranges(const RangeSettings& settings) {
  Table table({{"layer", Align::left}, {"low"}, {"high"}});
  for (const auto& [layer, range] : settings.ranges) {
    table.add({shorten(layer, kNameWidth), format_number(static_cast<double>(range.low)),
               format_number(static_cast<double>(range.high))});
  }
  table.print(std::cout);
}

void calibrate(const CalibrateOptions& options) {
  const Model model = load_model(options.model);
  require_another_file(options.output, options.model);
  SessionOptions session = session_options(options.plan, model);
  std::optional<RangeCalibration> calibration;
  for (const std::string& folder : options.folders) {
    const std::vector<Npy> arrays = read_inputs(input_files(folder, model), model, session.shapes);
    if (!calibration) calibration.emplace(model, session);
    write_inputs(arrays, calibration->session());
    calibration->run();
  }
  RangeSettings settings = range_settings(options.plan.ranges, model);
  settings.ranges = calibration->ranges();
  model.with_range_settings(settings).save(options.output);
  print_ranges(settings);
  std::cout << '\n'
            << options.output << ": " << settings.ranges.size() << " ranges, "
            << name_of(session.scheme) << ", of " << options.folders.size()
            << (options.folders.size() == 1 ? " batch\n" : " batches\n");
}

}  // namespace

void add_calibrate(CLI::App& app) {
  const auto options = std::make_shared<CalibrateOptions>();
  CLI::App& command = *app.add_subcommand("calibrate", kDescription);
  command.footer(kFooter);
  add_model_argument(command, options->model);
  command
      .add_option("--input-dir", options->folders,
                  "Folders with input_0.npy, input_1.npy, ... in the model's order, one for each "
                  "batch; all of the same shapes")
      ->required()
      ->type_name("DIR");
  command.add_option("-o,--output", options->output, "The file to write")
      ->required()
      ->type_name("FILE");
  add_scheme_option(command, options->plan);
  add_range_options(command, options->plan.ranges);
  add_execution_options(command, options->plan);
  command.callback([options] { calibrate(*options); });
}

}  // namespace octavo::tools
