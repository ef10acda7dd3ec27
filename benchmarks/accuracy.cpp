// Prints sections of docs/accuracy.md: int8 against float32 on trained models of the test data
// folder, with every estimator, both schemes and scopes, dynamic and static ranges.
//   octavo_accuracy MODEL...
#include <algorithm>
#include <cstdio>
#include <functional>
#include <iostream>
#include <limits>
#include <string>

#include "octavo/octavo.hpp"

#include "tests/support/metrics.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/real_models.hpp"

namespace {

using namespace octavo;
using namespace octavo::test;

namespace fs = std::filesystem;

/// Over all outputs of all stored inputs: the worst cosine and SQNR, and how many rows have their
/// largest element where float32 has it.
struct Closeness {
  double cosine = 1.0;
  double sqnr = 200.0;
  std::size_t rows = 0;
  std::size_t agreed = 0;

  void add(std::span<const float> exact, std::span<const float> found, std::size_t row_size) {
    cosine = std::min(cosine, test::cosine(exact, found));
    sqnr = std::min(sqnr, test::sqnr(exact, found));
    if (row_size < 2) return;
    for (std::size_t i = 0; i < exact.size(); i += row_size) {
      ++rows;
      agreed += argmax(exact.subspan(i, row_size)) == argmax(found.subspan(i, row_size)) ? 1U : 0U;
    }
  }
};

template <class... Arguments>
std::string text(const char* format, Arguments... arguments) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, format, arguments...);
  return buffer;
}

std::string percent(std::size_t part, std::size_t whole) {
  if (whole == 0) return "-";
  return text("%.1f", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string cell(const Closeness& closeness) {
  return text("%.1f, %.4f, ", closeness.sqnr, closeness.cosine) +
         percent(closeness.agreed, closeness.rows);
}

/// A model with its stored inputs and, if it is a classifier with some, its evaluation images.
struct Subject {
  explicit Subject(const fs::path& data, const std::string& name)
      : model(Model::load(data / "models" / name / "model.onnx")),
        sets(stored_sets(data / "models" / name)) {
    if (std::ranges::find(evaluated_model_names(), name) != evaluated_model_names().end()) {
      evaluation = evaluation_of(data, name);
    }
  }
  Model model;
  std::vector<StoredSet> sets;
  Evaluation evaluation;
};

void run_set(Session& session, const StoredSet& set, Closeness& closeness) {
  write_inputs(session, set);
  session.run();
  for (std::size_t o = 0; o < set.outputs.size(); ++o) {
    const Shape& shape = set.outputs[o].shape;
    closeness.add(set.outputs[o].as<float>(), session.output(o).data<float>(),
                  shape.empty() ? 1 : static_cast<std::size_t>(shape.back()));
  }
}

Closeness dynamic_closeness(const Subject& subject, SessionOptions options) {
  options.shapes = shapes_of(subject.model, subject.sets[0]);
  Session session(subject.model, options);
  Closeness closeness;
  for (const StoredSet& set : subject.sets) run_set(session, set, closeness);
  return closeness;
}

/// The model with static ranges of all stored inputs but one.
Model calibrated_without(const Subject& subject, std::size_t left_out,
                         const SessionOptions& options) {
  RangeCalibration calibration(subject.model, options);
  for (std::size_t i = 0; i < subject.sets.size(); ++i) {
    if (i == left_out) continue;
    write_inputs(calibration.session(), subject.sets[i]);
    calibration.run();
  }
  return subject.model.with_range_settings({.ranges = calibration.ranges()});
}

Closeness static_closeness(const Subject& subject, SessionOptions options) {
  options.shapes = shapes_of(subject.model, subject.sets[0]);
  Closeness closeness;
  for (std::size_t i = 0; i < subject.sets.size(); ++i) {
    Session session(calibrated_without(subject, i, options), options);
    run_set(session, subject.sets[i], closeness);
  }
  return closeness;
}

std::string agreement(const Model& model, const Evaluation& evaluation,
                      const SessionOptions& options) {
  Session session(model, options);
  std::size_t agreed = 0;
  for (std::size_t i = 0; i < evaluation.images.size(); ++i) {
    write_input(session, evaluation.images[i]);
    session.run();
    agreed += argmax(session.output(0).data<float>()) == argmax(evaluation.scores[i]) ? 1U : 0U;
  }
  return percent(agreed, evaluation.images.size());
}

void print_header(const char* first) {
  std::printf("\n| %s |", first);
  for (const std::string& estimator : estimator_names()) std::printf(" %s |", estimator.c_str());
  std::printf("\n|---|");
  for (std::size_t i = 0; i < estimator_names().size(); ++i) std::printf("---|");
  std::printf("\n");
}

using Cell = std::function<std::string(const SessionOptions&)>;

/// Prints a row: a cell for every estimator.
void print_row(const std::string& title, SessionOptions options, const Cell& cell_of) {
  std::printf("| %s |", title.c_str());
  for (const std::string& estimator : estimator_names()) {
    options.estimator = make_estimator(estimator);
    std::printf(" %s |", cell_of(options).c_str());
  }
  std::printf("\n");
  std::fflush(stdout);
}

/// The rows of a table: both schemes, dynamic ranges in both scopes, static ranges.
void print_rows(const Cell& dynamic_cell, const Cell& static_cell) {
  for (const Scheme scheme : {Scheme::symmetric, Scheme::asymmetric}) {
    const std::string name = scheme == Scheme::symmetric ? "symmetric" : "asymmetric";
    SessionOptions options{.precision = Precision::int8, .scheme = scheme};
    print_row(name + ", batch", options, dynamic_cell);
    options.range_scope = RangeScope::row;
    print_row(name + ", row", options, dynamic_cell);
    options.range_scope = RangeScope::batch;
    print_row(name + ", static", options, static_cell);
  }
}

void print_weights(const Subject& subject) {
  struct Kind {
    const char* title;
    WeightQuantization weights;
  };
  const Kind kinds[] = {{"full range", {0, 0.0F}},
                        {"chain 4, 2 dB", {4, 2.0F}},
                        {"chain 4, 5 dB", {4, 5.0F}},
                        {"chain 4, any loss", {4, std::numeric_limits<float>::max()}}};
  std::printf("\nWeights, with `max`, asymmetric:");
  for (const Kind& kind : kinds) {
    const Closeness worst =
        dynamic_closeness(subject, {.precision = Precision::int8, .weights = kind.weights});
    std::printf("%s %s: %s", &kind == kinds ? "" : ";", kind.title, cell(worst).c_str());
  }
  std::printf(".\n");
}

void print_model(const fs::path& data, const std::string& name) {
  const Subject subject(data, name);
  std::printf("\n## %s\n", name.c_str());
  print_header("outputs");
  print_rows(
      [&](const SessionOptions& options) { return cell(dynamic_closeness(subject, options)); },
      [&](const SessionOptions& options) { return cell(static_closeness(subject, options)); });
  const Evaluation& images = subject.evaluation;
  if (!images.images.empty()) {
    print_header((std::to_string(images.images.size()) + " images, same class").c_str());
    print_rows(
        [&](const SessionOptions& options) { return agreement(subject.model, images, options); },
        [&](SessionOptions options) {
          options.shapes = shapes_of(subject.model, subject.sets[0]);
          const Model model = calibrated_without(subject, subject.sets.size(), options);
          return agreement(model, images, options);
        });
  }
  print_weights(subject);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto data = data_folder();
    if (!data) {
      std::cerr << "octavo_accuracy: the test data folder is absent; set OCTAVO_TEST_DATA\n";
      return 1;
    }
    for (int i = 1; i < argc; ++i) print_model(*data, argv[i]);
  } catch (const std::exception& error) {
    std::cerr << "octavo_accuracy: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
