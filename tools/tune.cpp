#include <chrono>
#include <iostream>
#include <memory>
#include <string>

#include "tools/alternatives.hpp"
#include "tools/commands.hpp"
#include "tools/model_argument.hpp"
#include "tools/options.hpp"
#include "tools/table.hpp"

namespace octavo::tools {
namespace {

constexpr const char* kDescription =
    "Measures how each layer runs fastest here, and writes the choices to a file.";

constexpr const char* kFooter =
    "A session that gets the file (--tuning of the other commands, SessionOptions::tuning) "
    "measures\n"
    "nothing and plans the same way every time. Choices hold for the same instruction set, number "
    "of\n"
    "threads, scheme and range scope; docs/tuning.md has the rules.\n\n"
    "Examples:\n"
    "  octavo tune model.onnx -o model.tuning\n"
    "  octavo tune model.onnx --threads 2 --tuning model.tuning -o model.tuning    adds to a file";

constexpr std::size_t kNameWidth = 40;

struct TuneOptions {
  std::string model;
  std::string output;
  PlanOptions plan;
};

void print_layers(const Session& session) {
  Table table({{"layer", Align::left},
               {"operator", Align::left},
               {"chosen", Align::left},
               {"us"},
               {"alternatives us", Align::left}});
  for (const LayerInfo& layer : session.layers()) {
    if (layer.measured.empty()) continue;
    table.add({shorten(layer.name, kNameWidth), layer.op, layer.kernel,
               format_number(microseconds(layer.measured.front())), alternatives(layer.measured)});
  }
  table.print(std::cout);
}

void tune(const TuneOptions& options) {
  const Model model = load_model(options.model);
  SessionOptions settings = session_options(options.plan, model);
  settings.precision = Precision::automatic;
  settings.tune_budget = std::chrono::minutes(10);  // each layer has a limit of its own
  const Session session(model, settings);
  print_layers(session);
  Tuning tuning = settings.tuning;
  tuning.merge(session.tuning());
  tuning.save(options.output);
  std::cout << '\n' << options.output << ": " << tuning.size() << " choices\n";
}

}  // namespace

void add_tune(CLI::App& app) {
  const auto options = std::make_shared<TuneOptions>();
  CLI::App& command = *app.add_subcommand("tune", kDescription);
  command.footer(kFooter);
  add_model_argument(command, options->model);
  command.add_option("-o,--output", options->output, "The file to write")
      ->required()
      ->type_name("FILE");
  add_plan_options(command, options->plan);
  command.callback([options] { tune(*options); });
}

}  // namespace octavo::tools
