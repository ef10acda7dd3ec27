#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "octavo/cpu.hpp"
#include "octavo/error.hpp"

#include "tools/accuracy.hpp"
#include "tools/accuracy_json.hpp"
#include "tools/accuracy_tables.hpp"
#include "tools/commands.hpp"
#include "tools/model_argument.hpp"
#include "tools/options.hpp"
#include "tools/report_page.hpp"
#include "tools/samples.hpp"

namespace octavo::tools {
namespace {

constexpr const char* kDescription =
    "Compares int8 with float32 on real inputs: errors of layers and outputs, clipped values, "
    "times.";

constexpr const char* kFooter =
    "Errors are those of the whole int8 run against the whole float32 run, on all folders "
    "together.\n"
    "Clipped: the share of the values that a layer quantizes which lie outside of its range.\n"
    "Same top-1: rows of the output whose largest value is where float32 has it.\n\n"
    "Examples:\n"
    "  octavo compare model.onnx --input-dir sample0 sample1\n"
    "  octavo compare model.onnx --input-dir batch --labels labels.npy --estimator max entropy\n"
    "  octavo compare model.onnx --input-dir batch --report compare.html";

struct CompareOptions {
  std::string model;
  std::vector<std::string> folders;
  std::vector<std::string> estimators;
  std::vector<Scheme> schemes;
  std::string labels;
  std::string json;
  std::string report;
  std::size_t rounds = 5;
  PlanOptions plan;
};

std::vector<Configuration> configurations(const CompareOptions& options) {
  const std::vector<std::string> estimators =
      options.estimators.empty() ? estimator_names() : options.estimators;
  const std::vector<Scheme> schemes = options.schemes.empty()
                                          ? std::vector{Scheme::symmetric, Scheme::asymmetric}
                                          : options.schemes;
  std::vector<Configuration> all;
  for (const std::string& estimator : estimators) {
    for (const Scheme scheme : schemes) all.push_back({estimator, scheme});
  }
  return all;
}

void print_heading(const CompareOptions& options, const AccuracyReport& report,
                   const std::string& isa) {
  std::cout << options.model;
  for (const TensorInfo& input : report.inputs) {
    std::cout << ", " << input.name << ' ' << octavo::to_string(input.shape);
  }
  std::cout << '\n'
            << isa << ", " << options.plan.threads
            << (options.plan.threads == 1 ? " thread, " : " threads, ") << options.folders.size()
            << (options.folders.size() == 1 ? " folder\n" : " folders\n");
}

void write_text(const std::string& text, const std::string& path) {
  std::ofstream file(path);
  file << text << '\n';
  if (!file.flush()) throw Error(ErrorCode::io, path + ": cannot be written");
}

void write_files(const CompareOptions& options, const AccuracyReport& report,
                 const std::string& isa) {
  if (options.json.empty() && options.report.empty()) return;
  const std::string document =
      to_text(to_json({options.model, isa, options.plan.threads, options.folders}, report));
  if (!options.json.empty()) write_text(document, options.json);
  if (!options.report.empty()) write_text(report_page(document), options.report);
}

void compare(const CompareOptions& options) {
  const Model model = load_model(options.model);
  SessionOptions settings = session_options(options.plan, model);
  if (settings.isa.empty()) settings.isa = default_instruction_set();
  const std::vector<Sample> samples = read_samples(options.folders, model, settings.shapes);
  AccuracyComparison comparison(model, settings, configurations(options));
  check_references(samples, comparison.float32());
  std::vector<std::int64_t> labels;
  if (!options.labels.empty()) {
    labels = read_labels(options.labels, samples.size(), comparison.float32());
  }
  const AccuracyReport report = comparison.run(samples, labels, options.rounds);
  write_files(options, report, settings.isa);
  print_heading(options, report, settings.isa);
  print_tables(std::cout, report);
}

}  // namespace

void add_compare(CLI::App& app) {
  const auto options = std::make_shared<CompareOptions>();
  CLI::App& command = *app.add_subcommand("compare", kDescription);
  command.footer(kFooter);
  add_model_argument(command, options->model);
  command
      .add_option("--input-dir", options->folders,
                  "Folders with input_0.npy, input_1.npy, ... in the model's order, one for each "
                  "run; repeatable. Where all have an output_0.npy, ..., int8 and float32 are "
                  "compared with it too")
      ->required()
      ->type_name("DIR");
  command
      .add_option("--labels", options->labels,
                  "The right classes, integers: one for each row of the first output, folder after "
                  "folder")
      ->type_name("FILE.npy");
  command
      .add_option("--estimator", options->estimators,
                  "How ranges are chosen: " + list_estimators() +
                      "; with parameters as in histogram:bins=2048,coverage=0.9999 (see "
                      "docs/ranges.md); repeatable; default all")
      ->type_name("SPEC");
  add_schemes_option(command, options->schemes);
  command
      .add_option("--json", options->json,
                  "Write all of it, with histograms, to this file too (docs/compare.md)")
      ->type_name("FILE");
  command
      .add_option("--report", options->report,
                  "Write a page with charts, which a browser opens from disk, to this file too")
      ->type_name("FILE.html");
  command
      .add_option("--rounds", options->rounds,
                  "How often the sessions take turns when times are measured; default " +
                      std::to_string(options->rounds))
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, std::size_t{10000}).description(""));
  add_execution_options(command, options->plan);
  command.callback([options] { compare(*options); });
}

}  // namespace octavo::tools
