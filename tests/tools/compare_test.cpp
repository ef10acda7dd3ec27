#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "octavo/octavo.hpp"

#include "tests/support/temporary_folder.hpp"
#include "tests/tools/command.hpp"
#include "tools/npy.hpp"

using namespace octavo;
using namespace octavo::test;

namespace {

constexpr std::int64_t kImages = 40;

std::string digits() {
  return digits_file("digits.onnx");
}

template <class T>
void write(const std::filesystem::path& file, const Shape& shape, const std::vector<T>& values) {
  tools::write_npy(file, data_type_of<T>(), shape, std::as_bytes(std::span(values)));
}

std::vector<std::int64_t> write_labels(const std::filesystem::path& file, std::int64_t count) {
  const tools::Npy all = tools::read_npy(digits_file("test_labels.npy"));
  const auto first = all.as<std::int64_t>().first(static_cast<std::size_t>(count));
  const std::vector<std::int64_t> labels(first.begin(), first.end());
  write(file, {count}, labels);
  return labels;
}

}  // namespace

TEST_CASE("compare: every estimator and scheme, layer by layer") {
  const TemporaryFolder folder;
  write_images(folder.path(), kImages);
  const std::string out =
      success("compare " + digits() + " --rounds 1 --input-dir " + folder.path().string());
  CHECK(contains(out, "image [40, 1, 8, 8]"));
  CHECK(contains(out, "output scores [40, 10]"));
  for (const std::string& name : estimator_names()) {
    for (const char* scheme : {"symmetric", "asymmetric"}) {
      CHECK(contains(out, "layers, " + name + " " + scheme + "\n"));
    }
  }
  for (const char* text : {"/conv1/Conv", "/linear/Gemm", "SQNR dB", "cosine", "clipped"}) {
    CHECK(contains(out, text));
  }
  CHECK_FALSE(contains(out, "reference"));
}

TEST_CASE("compare: chosen estimators and schemes") {
  const TemporaryFolder folder;
  write_images(folder.path(), kImages);
  const std::string out =
      success("compare " + digits() + " --rounds 1 --estimator max histogram:bins=64,coverage=0.9" +
              " --scheme asymmetric --input-dir " + folder.path().string());
  CHECK(contains(out, "layers, max asymmetric\n"));
  CHECK(contains(out, "layers, histogram:bins=64,coverage=0.9 asymmetric\n"));
  CHECK_FALSE(contains(out, " symmetric"));
  CHECK_FALSE(contains(out, "entropy"));
}

TEST_CASE("compare: labels and references") {
  const TemporaryFolder folder;
  const std::string path = folder.path().string();
  write_images(folder.path(), kImages);
  success("run " + digits() + " --precision float32 --input-dir " + path + " --output-dir " + path);
  write_labels(folder.path() / "labels.npy", kImages);
  const std::string out =
      success("compare " + digits() + " --rounds 1 --estimator max --input-dir " + path +
              " --labels " + path + "/labels.npy");
  CHECK(contains(out, "reference top-1"));
  CHECK(contains(out, "  top-1"));
  CHECK(contains(out, "100.00 %"));
}

TEST_CASE("compare: several folders are several runs") {
  const TemporaryFolder folder;
  std::string folders;
  for (const char* name : {"a", "b"}) {
    std::filesystem::create_directory(folder.path() / name);
    write_images(folder.path() / name, 3);
    folders += " " + (folder.path() / name).string();
  }
  const std::string labels = (folder.path() / "labels.npy").string();
  write_labels(labels, 6);
  const std::string command = "compare " + digits() + " --rounds 1 --estimator max --labels " +
                              labels + " --input-dir" + folders;
  CHECK(contains(success(command), "2 folders"));
  write_labels(labels, 5);
  const std::string few = failure(command);
  CHECK(contains(few, labels));
  CHECK(contains(few, "5 labels"));
  CHECK(contains(few, "expected 6"));

  write_images(folder.path() / "b", 4);
  const std::string shape = failure(command);
  CHECK(contains(shape, "b/input_0.npy"));
  CHECK(contains(shape, "float32 [4, 1, 8, 8]"));
  CHECK(contains(shape, "float32 [3, 1, 8, 8]"));
}

TEST_CASE("compare: inputs, references and labels that do not fit are errors") {
  const TemporaryFolder folder;
  const std::string path = folder.path().string();
  const std::string compare = "compare " + digits() + " --rounds 1 --estimator max ";
  CHECK(contains(failure(compare), "--input-dir"));
  CHECK(contains(failure(compare + "--input-dir /does/not/exist"), "/does/not/exist"));
  CHECK(contains(failure(compare + "--input-dir " + path), "input_0.npy"));
  write<float>(folder.path() / "input_0.npy", {1, 1, 7, 7}, std::vector<float>(49));
  CHECK(contains(failure(compare + "--input-dir " + path), "float32 [1, 1, 7, 7]"));

  write_images(folder.path(), 2);
  const std::string whole = compare + "--input-dir " + path;
  success(whole);
  CHECK(contains(failure(whole + " --estimator nonsense"), "entropy"));
  CHECK(contains(failure(whole + " --scheme nonsense"), "asymmetric"));
  const std::string labels = path + "/labels.npy";
  CHECK(contains(failure(whole + " --labels " + labels), labels));
  write<std::int64_t>(labels, {2}, {3, 10});
  CHECK(contains(failure(whole + " --labels " + labels), "label 10 at position 1"));
  write<float>(labels, {2}, {3, 4});
  CHECK(contains(failure(whole + " --labels " + labels), "expected integers"));

  write<float>(folder.path() / "output_0.npy", {2, 9}, std::vector<float>(18));
  const std::string reference = failure(whole);
  CHECK(contains(reference, "output_0.npy"));
  CHECK(contains(reference, "float32 [2, 9]"));
  CHECK(contains(reference, "float32 [2, 10]"));
}

TEST_CASE("compare: a reference in one folder only is an error") {
  const TemporaryFolder folder;
  std::string folders;
  for (const char* name : {"a", "b"}) {
    std::filesystem::create_directory(folder.path() / name);
    write_images(folder.path() / name, 3);
    folders += " " + (folder.path() / name).string();
  }
  write<float>(folder.path() / "a/output_0.npy", {3, 10}, std::vector<float>(30));
  const std::string message =
      failure("compare " + digits() + " --estimator max --input-dir" + folders);
  CHECK(contains(message, "a/output_0.npy"));
  CHECK(contains(message, "b/output_0.npy"));
}

TEST_CASE("compare: inputs that are not finite are errors that name the folder") {
  const TemporaryFolder folder;
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    std::vector<float> image(64);
    image[5] = bad;
    write(folder.path() / "input_0.npy", {1, 1, 8, 8}, image);
    const std::string message =
        failure("compare " + digits() + " --input-dir " + folder.path().string());
    CHECK(contains(message, folder.path().string()));
    CHECK(contains(message, "NaN or infinity"));
  }
}

TEST_CASE("compare: --json writes everything") {
  const TemporaryFolder folder;
  const std::string path = folder.path().string();
  write_images(folder.path(), kImages);
  success("run " + digits() + " --precision float32 --input-dir " + path + " --output-dir " + path);
  write_labels(folder.path() / "labels.npy", kImages);
  success("compare " + digits() + " --rounds 1 --estimator max percentile:percentile=95 " +
          "--input-dir " + path + " --labels " + path + "/labels.npy --json " + path + "/out.json");
  const auto document = nlohmann::json::parse(std::ifstream(folder.path() / "out.json"));

  CHECK(document.at("model") == digits());
  CHECK(document.at("folders") == nlohmann::json{path});
  CHECK(document.at("threads") == 1);
  CHECK(document.at("isa").is_string());
  CHECK(document.at("float32_us").get<double>() > 0);
  CHECK(document.at("inputs").at(0).at("shape") == Shape{kImages, 1, 8, 8});
  const auto& configurations = document.at("configurations");
  REQUIRE(configurations.size() == 4);
  CHECK(configurations.at(2).at("estimator") == "percentile:percentile=95");
  CHECK(configurations.at(2).at("scheme") == "symmetric");
  CHECK(configurations.at(3).at("us").get<double>() > 0);

  const auto& output = document.at("outputs").at(0);
  CHECK(output.at("name") == "scores");
  CHECK(output.at("float32").at("sqnr_db").is_null());
  CHECK(output.at("float32").at("max_error") == 0);
  REQUIRE(output.at("int8").size() == configurations.size());
  for (const auto& accuracy : output.at("int8")) {
    CHECK(accuracy.at("sqnr_db").get<double>() > 5);
    CHECK(accuracy.at("cosine").get<double>() > 0.5);
    CHECK(accuracy.at("same_top1").get<double>() > 0.5);
    CHECK(accuracy.at("label_top1").get<double>() > 0.5);
    // The references are the float32 outputs of the same command.
    CHECK(accuracy.at("reference").at("sqnr_db") == accuracy.at("sqnr_db"));
    CHECK(accuracy.at("reference").at("top1") == accuracy.at("same_top1"));
    CHECK(accuracy.at("reference").at("mean_cosine").get<double>() <= 1.0 + 1e-12);
  }

  std::size_t quantized = 0;
  std::array<std::uint64_t, 4> clipped{};
  for (const auto& layer : document.at("layers")) {
    CHECK(layer.at("name").is_string());
    CHECK(layer.at("float32_us").get<double>() >= 0);
    REQUIRE(layer.at("int8").size() == configurations.size());
    const auto& original = layer.at("activation");
    CHECK(original.is_null() == (layer.at("precision") == "float32"));
    if (original.is_null()) continue;
    ++quantized;
    const auto counts = original.at("counts").get<std::vector<std::uint64_t>>();
    std::uint64_t total = 0;
    for (const std::uint64_t count : counts) total += count;
    CHECK(original.at("values") == total);
    for (std::size_t c = 0; c < configurations.size(); ++c) {
      const auto& activation = layer.at("int8").at(c).at("activation");
      CHECK(activation.at("counts").size() == counts.size());
      CHECK(activation.at("low").get<double>() <= activation.at("high").get<double>());
      CHECK(activation.at("widest_low").get<double>() <= activation.at("low").get<double>());
      CHECK(activation.at("kl_nats").get<double>() >= 0);
      CHECK(activation.at("levels").get<double>() <= 256);
      clipped.at(c) += activation.at("clipped").get<std::uint64_t>();
    }
  }
  CHECK(clipped[0] == 0);
  CHECK(clipped[1] == 0);
  CHECK(clipped[2] > 0);
  CHECK(clipped[3] > 0);
  // Cutting off a tail changes the distribution more than rounding does.
  const auto& last = document.at("layers").back().at("int8");
  CHECK(last.at(3).at("activation").at("kl_nats") > last.at(1).at("activation").at("kl_nats"));
  CHECK(quantized == 3);

  CHECK(contains(failure("compare " + digits() + " --rounds 1 --estimator max --input-dir " + path +
                         " --json /does/not/exist"),
                 "/does/not/exist"));
}
