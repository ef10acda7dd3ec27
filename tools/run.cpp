#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "octavo/error.hpp"
#include "octavo/session.hpp"

#include "tools/commands.hpp"
#include "tools/input_files.hpp"
#include "tools/model_argument.hpp"
#include "tools/npy.hpp"
#include "tools/options.hpp"
#include "tools/summary.hpp"

namespace octavo::tools {
namespace {

constexpr const char* kDescription = "Runs a model once on arrays from .npy files.";

constexpr const char* kFooter =
    "The arrays' shapes bind the free dimensions of the model, so a file may hold a batch.\n\n"
    "Examples:\n"
    "  octavo run model.onnx --input image=photo.npy\n"
    "  octavo run model.onnx --input tokens=t.npy mask=m.npy --output-dir results\n"
    "  octavo run model.onnx --input-dir samples --precision int8 --estimator entropy";

struct RunOptions {
  std::string model;
  std::vector<std::string> inputs;
  std::string input_folder;
  std::string output_folder;
  PlanOptions plan;
};

/// Splits NAME=FILE. Names and paths may hold '=': the name is the one that the model knows.
std::pair<std::size_t, std::string> split_input(const std::string& text, const Model& model) {
  for (std::size_t i = 0; i < model.inputs().size(); ++i) {
    const std::string start = model.inputs()[i].name + "=";
    if (text.starts_with(start) && text.size() > start.size())
      return {i, text.substr(start.size())};
  }
  throw Error(ErrorCode::invalid_argument, "--input: found '" + text +
                                               "'; expected NAME=FILE.npy with an input of the " +
                                               "model: " + list_inputs(model));
}

InputFiles files_by_name(const std::vector<std::string>& texts, const Model& model) {
  InputFiles files(model.inputs().size());
  for (const std::string& text : texts) {
    const auto [index, file] = split_input(text, model);
    if (!files[index].empty()) {
      throw Error(ErrorCode::invalid_argument,
                  "--input: two files for input '" + model.inputs()[index].name + "'");
    }
    files[index] = file;
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (files[i].empty()) {
      throw Error(ErrorCode::invalid_argument, "no file for input '" + model.inputs()[i].name +
                                                   "'; the model's inputs are " +
                                                   list_inputs(model));
    }
  }
  return files;
}

void write_outputs(const Session& session, const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw Error(ErrorCode::io, folder.string() + ": " + error.message());
  for (std::size_t i = 0; i < session.output_count(); ++i) {
    const TensorView output = session.output(i);
    write_npy(folder / ("output_" + std::to_string(i) + ".npy"), output.type(), output.shape(),
              {static_cast<const std::byte*>(output.raw()), output.bytes()});
  }
}

void run(const RunOptions& options) {
  const Model model = load_model(options.model);
  SessionOptions session_settings = session_options(options.plan, model);
  const InputFiles files = options.input_folder.empty() ? files_by_name(options.inputs, model)
                                                        : input_files(options.input_folder, model);
  const std::vector<Npy> arrays = read_inputs(files, model, session_settings.shapes);
  Session session(model, std::move(session_settings));
  write_inputs(arrays, session);
  session.run();
  if (!options.output_folder.empty()) return write_outputs(session, options.output_folder);
  for (std::size_t i = 0; i < session.output_count(); ++i) {
    print_summary(std::cout, session.output(i));
  }
  for (std::size_t i = 0; i < session.layers().size(); ++i) {
    if (session.clip_guard_count(i) == 0) continue;
    std::cout << "clip guard: layer '" << session.layers()[i].name
              << "' took a measured range instead of its static one\n";
  }
}

}  // namespace

void add_run(CLI::App& app) {
  const auto options = std::make_shared<RunOptions>();
  CLI::App& command = *app.add_subcommand("run", kDescription);
  command.footer(kFooter);
  add_model_argument(command, options->model);
  const auto inputs =
      command.add_option("--input", options->inputs, "The array for one input; repeatable")
          ->type_name("NAME=FILE.npy");
  command
      .add_option("--input-dir", options->input_folder,
                  "A folder with input_0.npy, input_1.npy, ... in the model's order")
      ->type_name("DIR")
      ->excludes(inputs);
  command
      .add_option("--output-dir", options->output_folder,
                  "Write output_0.npy, output_1.npy, ... here instead of printing a summary")
      ->type_name("DIR");
  add_precision_option(command, options->plan);
  add_plan_options(command, options->plan);
  add_no_tune_option(command, options->plan);
  command.callback([options] { run(*options); });
}

}  // namespace octavo::tools
