#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/octavo.hpp"

#include "tests/support/metrics.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/real_models.hpp"

using namespace octavo;
using namespace octavo::test;

namespace {

namespace fs = std::filesystem;

/// The largest excess of |a - b| over atol + rtol * |b|, at ONNX's usual tolerances.
double excess(std::span<const float> found, std::span<const float> expected) {
  double worst = -1.0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double difference =
        std::abs(static_cast<double>(found[i]) - static_cast<double>(expected[i]));
    const double allowed = 1e-4 + 1e-3 * std::abs(static_cast<double>(expected[i]));
    worst = std::max(worst, std::isnan(found[i]) ? 1e30 : difference - allowed);
  }
  return worst;
}

/// What the worst output of a model must reach, in dB. Detectors mix scores near zero with boxes:
/// of them the cosine alone is asked for. The state of the voice detector reaches 19 dB.
double least_sqnr(const std::string& name) {
  if (name == "silero_vad_openvino") return 18.0;
  const bool detector = name == "ultraface_rfb320" || name == "fastestdet" || name == "yunet_n_320";
  return detector ? 0.0 : 20.0;
}

/// Calls body(model name, folder) for each real model, or reports the test as skipped.
template <class Body>
void for_each_model(const char* test, const Body& body) {
  const auto data = data_folder();
  if (!data) {
    report_skipped(test, "the test data folder is absent");
    return;
  }
  for (const std::string& name : real_model_names()) {
    CAPTURE(name);
    body(*data / "models" / name);
  }
}

}  // namespace

TEST_CASE("models: float outputs are those of ONNX Runtime, on every instruction set") {
  for_each_model("models: float outputs", [](const fs::path& folder) {
    const Model model = Model::load(folder / "model.onnx");
    const auto sets = stored_sets(folder);
    REQUIRE(sets.size() >= 3);
    for (const InstructionSet& isa : instruction_sets()) {
      // The reference is plain loops: one set is enough.
      const std::size_t count = isa.name == "reference" ? 1 : sets.size();
      if (!isa.supported) continue;
      CAPTURE(isa.name);
      Session session(
          model,
          {.precision = Precision::float32, .shapes = shapes_of(model, sets[0]), .isa = isa.name});
      for (std::size_t i = 0; i < count; ++i) {
        write_inputs(session, sets[i]);
        session.run();
        REQUIRE(session.output_count() == sets[i].outputs.size());
        for (std::size_t o = 0; o < session.output_count(); ++o) {
          CHECK(session.output(o).shape() == sets[i].outputs[o].shape);
          CHECK(excess(session.output(o).data<float>(), sets[i].outputs[o].as<float>()) <= 0.0);
        }
      }
    }
  });
}

TEST_CASE("models: a batch gives the rows of its samples where the model allows one") {
  const auto data = data_folder();
  if (!data) {
    report_skipped("models: a batch", "the test data folder is absent");
    return;
  }
  for (const char* name : {"mnist_fc_256x4", "mlperf_ad01", "crepe_tiny"}) {
    CAPTURE(name);
    const Model model = Model::load(*data / "models" / name / "model.onnx");
    const auto sets = stored_sets(*data / "models" / name);
    ShapeBindings shapes = shapes_of(model, sets[0]);
    shapes.begin()->second[0] = 3;
    Session session(model, {.precision = Precision::float32, .shapes = shapes});
    const auto input = session.input(0).data<float>();
    const std::size_t in_size = input.size() / 3;
    for (std::size_t i = 0; i < 3; ++i) {
      std::ranges::copy(sets[i].inputs[0].as<float>(), input.subspan(i * in_size, in_size).begin());
    }
    session.run();
    const auto output = session.output(0).data<float>();
    const std::size_t out_size = output.size() / 3;
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(excess(output.subspan(i * out_size, out_size), sets[i].outputs[0].as<float>()) <= 0.0);
    }
  }
}

TEST_CASE("models: int8 outputs stay close to float") {
  for_each_model("models: int8 outputs", [](const fs::path& folder) {
    const Model model = Model::load(folder / "model.onnx");
    const auto sets = stored_sets(folder);
    Session session(model, {.precision = Precision::int8, .shapes = shapes_of(model, sets[0])});
    for (const StoredSet& set : sets) {
      write_inputs(session, set);
      session.run();
      for (std::size_t o = 0; o < session.output_count(); ++o) {
        CAPTURE(o);
        const auto exact = set.outputs[o].as<float>();
        const auto found = session.output(o).data<float>();
        CHECK(cosine(exact, found) >= 0.99);
        CHECK(sqnr(exact, found) >= least_sqnr(folder.filename()));
      }
    }
  });
}

TEST_CASE("models: int8 classifiers agree with float on their evaluation data") {
  const auto data = data_folder();
  if (!data) {
    report_skipped("models: int8 classifiers", "the test data folder is absent");
    return;
  }
  for (const std::string& name : evaluated_model_names()) {
    CAPTURE(name);
    const Model model = Model::load(*data / "models" / name / "model.onnx");
    const Evaluation evaluation = evaluation_of(*data, name);
    Session session(model, {.precision = Precision::int8});
    std::size_t agreed = 0;
    for (std::size_t i = 0; i < evaluation.images.size(); ++i) {
      write_input(session, evaluation.images[i]);
      session.run();
      agreed += argmax(session.output(0).data<float>()) == argmax(evaluation.scores[i]) ? 1 : 0;
    }
    CHECK(static_cast<double>(agreed) >= 0.99 * static_cast<double>(evaluation.images.size()));
  }
}

TEST_CASE("models: Octavo's own file gives the bits of the ONNX file") {
  const fs::path file = fs::temp_directory_path() / "octavo_models_test.safetensors";
  for_each_model("models: Octavo's own file", [&](const fs::path& folder) {
    const Model model = Model::load(folder / "model.onnx");
    const auto sets = stored_sets(folder);
    const ShapeBindings shapes = shapes_of(model, sets[0]);
    model.quantized().save(file);
    Session direct(model, {.precision = Precision::int8, .shapes = shapes});
    Session stored(Model::load(file), {.precision = Precision::int8, .shapes = shapes});
    write_inputs(direct, sets[0]);
    write_inputs(stored, sets[0]);
    direct.run();
    stored.run();
    for (std::size_t o = 0; o < direct.output_count(); ++o) {
      CHECK(std::ranges::equal(direct.output(o).data<float>(), stored.output(o).data<float>()));
    }
  });
  fs::remove(file);
}
