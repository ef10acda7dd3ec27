#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "octavo/octavo.hpp"

#include "tests/support/metrics.hpp"
#include "tests/support/paths.hpp"
#include "tools/npy.hpp"

using namespace octavo;
using namespace octavo::test;

namespace {

namespace fs = std::filesystem;

/// Models that keep a state: one frame after the other, the state fed back.
class Stream {
 public:
  Stream(const fs::path& folder, Precision precision)
      : session_(Model::load(folder / "model.onnx"), {.precision = precision}),
        frames_(tools::read_npy(folder / "stream/frames_in.npy")),
        expected_(tools::read_npy(folder / "stream/frames_out_0.npy")) {
    const auto about = nlohmann::json::parse(std::ifstream(folder / "stream/stream.json"));
    main_ = about["main"];
    output_ = about["outputs"][0];
    for (const auto& [input, output] : about["feedback_in_from_out"].items()) {
      feedback_[input] = output;
      const auto initial = tools::read_npy(folder / "stream" / ("init_" + input + ".npy"));
      std::ranges::copy(initial.as<float>(), session_.input(input).data<float>().begin());
    }
  }

  [[nodiscard]] std::size_t frames() const { return static_cast<std::size_t>(frames_.shape[0]); }

  [[nodiscard]] const Session& session() const { return session_; }
  /// What ONNX Runtime gave for all frames.
  [[nodiscard]] std::span<const float> expected() const { return expected_.as<float>(); }

  /// Runs the next frame and returns its output.
  std::span<const float> run(std::size_t frame) {
    const auto input = session_.input(main_).data<float>();
    std::ranges::copy(frames_.as<float>().subspan(frame * input.size(), input.size()),
                      input.begin());
    session_.run();
    for (const auto& [to, from] : feedback_) {
      std::ranges::copy(session_.output(from).data<float>(),
                        session_.input(to).data<float>().begin());
    }
    return session_.output(output_).data<float>();
  }

 private:
  Session session_;
  tools::Npy frames_, expected_;
  std::string main_, output_;
  std::map<std::string, std::string> feedback_;
};

/// The largest excess over 1e-4 + 1e-3 * |expected|.
double worst_excess(std::span<const float> output, std::span<const float> expected) {
  double worst = -1.0;
  for (std::size_t i = 0; i < output.size(); ++i) {
    const double allowed = 1e-4 + 1e-3 * std::abs(static_cast<double>(expected[i]));
    const double difference =
        std::abs(static_cast<double>(output[i]) - static_cast<double>(expected[i]));
    worst = std::max(worst, std::isnan(output[i]) ? 1e30 : difference - allowed);
  }
  return worst;
}

}  // namespace

TEST_CASE("models: streams with their state fed back give the float outputs of ONNX Runtime") {
  const auto data = data_folder();
  if (!data) {
    report_skipped("models: streams", "the test data folder is absent");
    return;
  }
  for (const char* name : {"silero_vad_openvino", "dtln_1", "gtcrn"}) {
    CAPTURE(name);
    Stream stream(*data / "models" / name, Precision::float32);
    for (std::size_t frame = 0; frame < stream.frames(); ++frame) {
      CAPTURE(frame);
      const auto output = stream.run(frame);
      CHECK(worst_excess(output, stream.expected().subspan(frame * output.size())) <= 0.0);
    }
  }
}

TEST_CASE(
    "models: streams in int8 stay close to float over all frames, recurrent layers included") {
  const auto data = data_folder();
  if (!data) {
    report_skipped("models: streams in int8", "the test data folder is absent");
    return;
  }
  for (const char* name : {"silero_vad_openvino", "dtln_1", "gtcrn"}) {
    CAPTURE(name);
    Stream stream(*data / "models" / name, Precision::int8);
    std::size_t recurrent = 0;
    for (const LayerInfo& layer : stream.session().layers()) {
      if (layer.op != "LSTM" && layer.op != "GRU") continue;
      CHECK(layer.precision == Precision::int8);
      ++recurrent;
    }
    CHECK(recurrent > 0);
    std::vector<float> outputs;
    for (std::size_t frame = 0; frame < stream.frames(); ++frame) {
      const auto output = stream.run(frame);
      outputs.insert(outputs.end(), output.begin(), output.end());
    }
    const double quality = sqnr(stream.expected(), outputs);
    CHECK(quality > 20.0);
  }
}
