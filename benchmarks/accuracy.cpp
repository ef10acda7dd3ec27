// Prints docs/accuracy.md: int8 against float for the trained models of the test data folder, with
// every estimator and both schemes.

#include <algorithm>
#include <cstdio>
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

/// The worst cosine and SQNR over all outputs of all stored inputs.
struct Closeness {
  double cosine = 1.0;
  double sqnr = 200.0;
};

std::string name_of(Scheme scheme) {
  return scheme == Scheme::symmetric ? "symmetric" : "asymmetric";
}

Closeness closeness(const Model& model, const std::vector<StoredSet>& sets,
                    const SessionOptions& options) {
  Session session(model, options);
  Closeness worst;
  for (const StoredSet& set : sets) {
    write_inputs(session, set);
    session.run();
    for (std::size_t o = 0; o < set.outputs.size(); ++o) {
      const auto exact = set.outputs[o].as<float>();
      const auto found = session.output(o).data<float>();
      worst.cosine = std::min(worst.cosine, cosine(exact, found));
      worst.sqnr = std::min(worst.sqnr, sqnr(exact, found));
    }
  }
  return worst;
}

double agreement(const Model& model, const Evaluation& evaluation, const SessionOptions& options) {
  Session session(model, options);
  std::size_t agreed = 0;
  for (std::size_t i = 0; i < evaluation.images.size(); ++i) {
    write_input(session, evaluation.images[i]);
    session.run();
    agreed += argmax(session.output(0).data<float>()) == argmax(evaluation.scores[i]) ? 1U : 0U;
  }
  return 100.0 * static_cast<double>(agreed) / static_cast<double>(evaluation.images.size());
}

void print_header(const char* first) {
  std::printf("| %s |", first);
  for (const std::string& estimator : estimator_names()) std::printf(" %s |", estimator.c_str());
  std::printf("\n|---|");
  for (std::size_t i = 0; i < estimator_names().size(); ++i) std::printf("---|");
  std::printf("\n");
}

/// Calls cell(options) for every estimator and prints the row.
template <class Cell>
void print_row(const std::string& title, SessionOptions options, const Cell& cell) {
  std::printf("| %s |", title.c_str());
  for (const std::string& estimator : estimator_names()) {
    options.estimator = make_estimator(estimator);
    std::printf(" %s |", cell(options).c_str());
  }
  std::printf("\n");
  std::fflush(stdout);
}

template <class... Arguments>
std::string text(const char* format, Arguments... arguments) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, format, arguments...);
  return buffer;
}

void print_closeness(const fs::path& data) {
  std::printf(
      "## Outputs\n\nCosine and signal to quantization noise ratio (dB) of the int8 outputs "
      "against "
      "ONNX\nRuntime's float32 outputs: the worst output of all stored inputs.\n\n");
  print_header("model, scheme");
  for (const std::string& name : real_model_names()) {
    const Model model = Model::load(data / "models" / name / "model.onnx");
    const auto sets = stored_sets(data / "models" / name);
    for (const Scheme scheme : {Scheme::symmetric, Scheme::asymmetric}) {
      print_row(
          name + ", " + name_of(scheme),
          {.precision = Precision::int8, .scheme = scheme, .shapes = shapes_of(model, sets[0])},
          [&](const SessionOptions& options) {
            const Closeness worst = closeness(model, sets, options);
            return text("%.5f, %.1f", worst.cosine, worst.sqnr);
          });
    }
  }
}

void print_agreement(const fs::path& data) {
  std::printf(
      "\n## Decisions\n\nShare of the evaluation images (1000 of MNIST, 242 of CIFAR-10) on which "
      "int8 and float32 choose\nthe same class, in percent.\n\n");
  print_header("model, scheme");
  for (const std::string& name : evaluated_model_names()) {
    const Model model = Model::load(data / "models" / name / "model.onnx");
    const Evaluation evaluation = evaluation_of(data, name);
    for (const Scheme scheme : {Scheme::symmetric, Scheme::asymmetric}) {
      print_row(name + ", " + name_of(scheme), {.precision = Precision::int8, .scheme = scheme},
                [&](const SessionOptions& options) {
                  return text("%.2f", agreement(model, evaluation, options));
                });
    }
  }
}

void print_weights(const fs::path& data) {
  std::printf(
      "\n## Weights\n\nThe same with `max`, asymmetric, when weights keep their full range "
      "(`max_chain` 0) and when they\nare fitted to chains of exact int16 sums, with the loss "
      "budget "
      "in dB (the default is 5 dB). Layers of short columns keep their full range in any "
      "case.\n\n| model | full range | chain 4, 2 dB | chain 4, 5 dB | chain 4, any loss "
      "|\n|---|---|---|---|---|\n");
  const WeightQuantization kinds[] = {
      {0, 0.0F}, {4, 2.0F}, {4, 5.0F}, {4, std::numeric_limits<float>::max()}};
  for (const std::string& name : real_model_names()) {
    const Model model = Model::load(data / "models" / name / "model.onnx");
    const auto sets = stored_sets(data / "models" / name);
    std::printf("| %s |", name.c_str());
    for (const WeightQuantization& weights : kinds) {
      const Closeness worst = closeness(
          model, sets,
          {.precision = Precision::int8, .weights = weights, .shapes = shapes_of(model, sets[0])});
      std::printf(" %.5f, %.1f |", worst.cosine, worst.sqnr);
    }
    std::printf("\n");
  }
}

}  // namespace

int main() {
  try {
    const auto data = data_folder();
    if (!data) {
      std::cerr << "octavo_accuracy: the test data folder is absent; set OCTAVO_TEST_DATA\n";
      return 1;
    }
    std::printf(
        "# Accuracy\n\nMade by `scripts/accuracy`. Dynamic int8 with one range per batch "
        "(`RangeScope::batch`).\nEstimators that clip can cost far more than they gain where rare "
        "large activations carry the answer,\nas in the detectors fastestdet and yunet, and so can "
        "`moving_average` where inputs differ.\n\n");
    print_closeness(*data);
    print_agreement(*data);
    print_weights(*data);
  } catch (const std::exception& error) {
    std::cerr << "octavo_accuracy: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
