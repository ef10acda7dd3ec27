#include "tests/tools/command.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "octavo/octavo.hpp"

#include "tests/support/temporary_folder.hpp"
#include "tools/npy.hpp"

using namespace octavo;
using namespace octavo::test;

namespace {

const std::string& digits() {
  static const std::string file = digits_file("digits.onnx");
  return file;
}

std::vector<float> read_scores(const TemporaryFolder& folder) {
  const tools::Npy scores = tools::read_npy(folder.path() / "output_0.npy");
  const auto values = scores.as<float>();
  return {values.begin(), values.end()};
}

}  // namespace

TEST_CASE("command: wrong command lines are errors") {
  failure("");
  failure("nonsense");
  failure("run");
  failure("cpu --nonsense");
  CHECK(contains(failure("inspect " + digits() + " --precision int4"), "int4"));
  CHECK(contains(failure("inspect " + digits() + " --threads 0"), "--threads"));
  CHECK(contains(failure("inspect " + digits() + " --estimator nonsense"), "entropy"));
  CHECK(contains(failure("inspect " + digits() + " --isa nonsense"), "reference"));
  CHECK(contains(failure("cpu", "OCTAVO_ISA=nonsense"), "reference"));
  CHECK(contains(failure("inspect does/not/exist.onnx"), "does/not/exist.onnx"));
  CHECK(contains(failure("inspect builtin:nonsense"), "resnet18"));
}

TEST_CASE("command: help teaches") {
  CHECK(contains(success("--help"), "Examples:"));
  for (const char* command :
       {"run", "bench", "compare", "inspect", "quantize", "calibrate", "cpu"}) {
    const std::string help = success(std::string(command) + " --help");
    CHECK(contains(help, "Examples:"));
    CHECK(contains(help, std::string("octavo ") + command));
  }
}

TEST_CASE("command: every estimator is listed and can be chosen") {
  const std::string help = success("bench --help");
  for (const std::string& name : estimator_names()) {
    CHECK(contains(help, name));
    success("inspect " + digits() + " --estimator " + name);
  }
  success("inspect " + digits() + " --estimator aciq:distribution=gauss,sample=0");
}

TEST_CASE("command: cpu shows what is chosen") {
  const std::string out = success("cpu", "OCTAVO_ISA=reference");
  const std::size_t reference = out.find("reference");
  REQUIRE(reference != std::string::npos);
  CHECK(out.find("chosen") > reference);
  for (const InstructionSet& set : instruction_sets()) CHECK(contains(out, set.name));
}

TEST_CASE("command: shapes are checked") {
  const std::string inspect = "inspect " + digits() + " --shape ";
  CHECK(contains(success(inspect + "image=4,1,8,8"), "[4, 10]"));
  for (const char* wrong : {"image", "image=", "image=4,", "image=,4", "image=4,-1,8,8",
                            "image=0,1,8,8", "image=4x1", "image=99999999999999999999"}) {
    CHECK(contains(failure(inspect + wrong), wrong));
  }
  CHECK(contains(failure(inspect + "picture=4,1,8,8"), "'image' (float32 [?, 1, 8, 8])"));
  CHECK(contains(failure(inspect + "image=1,1,8,8 image=2,1,8,8"), "two shapes"));
  failure(inspect + "image=4,64");
  failure(inspect + "image=4,2,8,8");
}

TEST_CASE("command: run writes what the library computes") {
  const TemporaryFolder folder;
  const auto images = write_images(folder.path(), 3);
  const std::string path = folder.path().string();
  for (const Precision precision : {Precision::float32, Precision::int8}) {
    Session session(Model::load(digits()),
                    {.precision = precision, .shapes = {{"image", {3, 1, 8, 8}}}});
    std::ranges::copy(images, session.input(0).data<float>().begin());
    session.run();
    const auto expected = session.output(0).data<float>();
    const std::string options = std::string(" --output-dir ") + path + " --precision " +
                                (precision == Precision::int8 ? "int8" : "float32");
    const std::string run = "run " + digits() + options;
    CHECK(success(run + " --input-dir " + path) == "");
    CHECK(std::ranges::equal(read_scores(folder), expected));
    CHECK(success(run + " --input image=" + path + "/input_0.npy") == "");
    CHECK(std::ranges::equal(read_scores(folder), expected));
  }
}

TEST_CASE("command: run prints a summary") {
  const TemporaryFolder folder;
  write_images(folder.path(), 1);
  const std::string out = success("run " + digits() + " --input-dir " + folder.path().string());
  CHECK(contains(out, "scores  float32 [1, 10]"));
  CHECK(contains(out, "argmax"));
}

TEST_CASE("command: run rejects inputs that do not fit") {
  const TemporaryFolder folder;
  const std::string path = folder.path().string();
  const std::string run = "run " + digits() + " ";
  CHECK(contains(failure(run), "no file for input 'image'"));
  CHECK(contains(failure(run + "--input-dir " + path), "input_0.npy"));
  write_images(folder.path(), 1);
  const std::string file = path + "/input_0.npy";
  CHECK(contains(failure(run + "--input picture=" + file), "'image'"));
  CHECK(contains(failure(run + "--input image=" + file + " image=" + file), "two files"));
  CHECK(contains(failure(run + "--input-dir " + path + " --shape image=2,1,8,8"), "[2, 1, 8, 8]"));
  CHECK(contains(failure(run + "--input image=" + file + " --output-dir " + file), file));
  failure(run + "--input image=" + file + " --input-dir " + path);

  const std::vector<float> values(49);
  tools::write_npy(folder.path() / "shape.npy", DataType::float32, {1, 1, 7, 7},
                   std::as_bytes(std::span(values)));
  const std::string wrong_shape = failure(run + "--input image=" + path + "/shape.npy");
  CHECK(contains(wrong_shape, "'image'"));
  CHECK(contains(wrong_shape, "float32 [1, 1, 7, 7]"));
  CHECK(contains(wrong_shape, "float32 [?, 1, 8, 8]"));

  const std::vector<std::int64_t> integers(64);
  tools::write_npy(folder.path() / "input_0.npy", DataType::int64, {1, 1, 8, 8},
                   std::as_bytes(std::span(integers)));
  const std::string wrong_type = failure(run + "--input-dir " + path);
  CHECK(contains(wrong_type, "int64 [1, 1, 8, 8]"));

  std::filesystem::copy_file(file, folder.path() / "input_1.npy");
  CHECK(contains(failure(run + "--input-dir " + path), "input_1.npy"));
}

TEST_CASE("command: bench reports every layer, as a table and as JSON") {
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "result.json").string();
  const std::string out =
      success("bench " + digits() + " --batch 2 --rounds 2 --threads 2 --json " + file);
  CHECK(contains(out, "image [2, 1, 8, 8]"));
  const nlohmann::json result = nlohmann::json::parse(std::ifstream(file));
  std::uint64_t macs = 0;
  for (const auto& layer : result.at("layers")) {
    CHECK(contains(out, layer.at("op").get<std::string>()));
    CHECK(layer.at("name").is_string());
    CHECK(layer.at("float32_us").get<double>() >= 0);
    CHECK(layer.at("int8_us").get<double>() >= 0);
    const auto automatic = layer.at("automatic").get<std::string>();
    CHECK((automatic == "float32" || automatic == "int8"));
    macs += layer.at("macs").get<std::uint64_t>();
  }
  const auto& total = result.at("total");
  CHECK(macs > 0);
  CHECK(total.at("macs").get<std::uint64_t>() == macs);
  for (const char* time : {"float32_us", "int8_us", "automatic_us"}) {
    CHECK(total.at(time).get<double>() > 0);
  }
  const std::string trace = (folder.path() / "trace.json").string();
  success("bench " + digits() + " --rounds 1 --trace " + trace);
  std::map<int, std::pair<std::size_t, double>> threads;  // layers, and where the last one ends
  const nlohmann::json events = nlohmann::json::parse(std::ifstream(trace)).at("traceEvents");
  for (const auto& event : events) {
    if (event.at("ph") != "X") continue;
    auto& [layers, end] = threads[event.at("tid").get<int>()];
    ++layers;
    CHECK(event.at("ts").get<double>() == doctest::Approx(end));
    end = event.at("ts").get<double>() + event.at("dur").get<double>();
    CHECK(event.at("args").at("kernel").is_string());
  }
  REQUIRE(threads.size() == 3);
  for (const auto& [thread, run] : threads) CHECK(run.first == result.at("layers").size());
  CHECK(contains(failure("bench " + digits() + " --rounds 1 --trace /does/not/exist"),
                 "/does/not/exist"));
  CHECK(contains(failure("bench " + digits() + " --batch 2 --shape image=1,1,8,8"), "--batch"));
  CHECK(contains(failure("bench " + digits() + " --rounds 1 --json /does/not/exist"),
                 "/does/not/exist"));
}

TEST_CASE("command: tune writes choices that the other commands follow") {
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "digits.tuning").string();
  const std::string json = (folder.path() / "result.json").string();
  CHECK(contains(success("tune " + digits() + " -o " + file), file + ": 3 choices"));
  CHECK(contains(success("tune " + digits() + " --threads 2 --tuning " + file + " -o " + file),
                 file + ": 6 choices"));

  // Choices that measuring would hardly make: all float32.
  std::string edited = "octavo-tuning 1\n";
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t tab = line.find('\t');
    if (tab != std::string::npos) edited += line.substr(0, tab) + "\tfloat32=2000\tint8=5000\n";
  }
  lines.close();
  std::ofstream(file) << edited;
  success("bench " + digits() + " --rounds 1 --tuning " + file + " --json " + json);
  const nlohmann::json result = nlohmann::json::parse(std::ifstream(json));
  for (const auto& layer : result.at("layers")) {
    CHECK(layer.at("automatic") == "float32");
    const bool product = layer.at("op") == "Conv" || layer.at("op") == "Linear";
    CHECK(layer.at("measured_us").size() == (product ? 2 : 0));
    if (product) CHECK(layer.at("measured_us").at("int8") == 5.0);
  }
  success("inspect " + digits() + " --no-tune");
  CHECK(contains(failure("inspect " + digits() + " --tuning /does/not/exist"), "/does/not/exist"));
  std::ofstream(file) << "nonsense";
  CHECK(contains(failure("inspect " + digits() + " --tuning " + file), file + ": line 1"));
}

TEST_CASE("command: quantize writes a smaller file with the same int8 results") {
  const TemporaryFolder folder;
  write_images(folder.path(), 2);
  const std::string path = folder.path().string();
  const std::string quantized = path + "/digits.safetensors";
  CHECK(contains(success("quantize " + digits() + " -o " + quantized), quantized));
  CHECK(std::filesystem::file_size(quantized) * 2 < std::filesystem::file_size(digits()));
  const std::string options = " --precision int8 --input-dir " + path + " --output-dir " + path;
  success("run " + digits() + options);
  const auto expected = read_scores(folder);
  success("run " + quantized + options);
  CHECK(read_scores(folder) == expected);

  CHECK(contains(failure("quantize " + quantized + " -o " + quantized), "another file"));
  CHECK(contains(failure("quantize " + digits() + " -o /does/not/exist"), "/does/not/exist"));
  failure("quantize " + digits());
  failure("quantize " + digits() + " -o " + quantized + " --max-chain 5");
}

TEST_CASE("command: single layers take an estimator of their own, and files keep it") {
  const TemporaryFolder folder;
  write_images(folder.path(), 4);
  const std::string path = folder.path().string();
  const std::string run = " --precision int8 --input-dir " + path + " --output-dir " + path;
  const std::string estimators =
      " --estimator percentile:percentile=90 --layer-estimator /conv2/Conv=histogram:coverage=0.8"
      " --layer-estimator /linear/Gemm=max";
  success("run " + digits() + run);
  const auto plain = read_scores(folder);
  success("run " + digits() + run + estimators);
  const auto expected = read_scores(folder);
  CHECK(expected != plain);

  const std::string quantized = path + "/digits.safetensors";
  success("quantize " + digits() + " -o " + quantized + estimators);
  success("run " + quantized + run);
  CHECK(read_scores(folder) == expected);
  success("run " + quantized + run + " --estimator max");
  CHECK(read_scores(folder) == plain);
  CHECK(contains(success("bench " + quantized + " --rounds 1"), "estimator percentile"));

  const std::string inspect = "inspect " + digits() + " --layer-estimator ";
  CHECK(contains(failure(inspect + "conv2=max"), "near it: '/conv2/Conv'"));
  CHECK(contains(failure(inspect + "/conv2/Conv"), "expected LAYER=SPEC"));
  CHECK(contains(failure(inspect + "/conv2/Conv=maximum"), "one of max, minmax"));
  CHECK(contains(failure(inspect + "/conv2/Conv=mse:bins=1"), "bins is"));
  CHECK(contains(failure(inspect + "/conv2/Conv=max --layer-estimator /conv2/Conv=mse"),
                 "two estimators for layer '/conv2/Conv'"));
  failure("quantize " + digits() + " -o " + quantized + " --layer-estimator conv2=max");
}

TEST_CASE("command: calibrate stores ranges that sessions take") {
  const TemporaryFolder folder;
  const TemporaryFolder other;
  write_images(folder.path(), 4);
  const tools::Npy all = tools::read_npy(digits_file("test_images.npy"));
  tools::write_npy(
      other.path() / "input_0.npy", DataType::float32, {4, 1, 8, 8},
      std::as_bytes(all.as<float>().subspan(std::size_t{4} * 64, std::size_t{4} * 64)));
  const std::string path = folder.path().string();
  const std::string file = path + "/calibrated.safetensors";
  const std::string out = success("calibrate " + digits() + " --input-dir " + path + " " +
                                  other.path().string() + " -o " + file);
  CHECK(contains(out, "/conv2/Conv"));
  CHECK(contains(out, "3 ranges, asymmetric, of 2 batches"));
  CHECK(Model::load(file).range_settings().ranges.size() == 3);

  const std::string run = " --precision int8 --input-dir " + path + " --output-dir " + path;
  success("run " + digits() + run);
  const auto dynamic = read_scores(folder);
  success("run " + file + run);
  const auto with_static = read_scores(folder);
  CHECK(with_static != dynamic);
  success("run " + file + run + " --dynamic-ranges");
  CHECK(read_scores(folder) == dynamic);
  success("run " + file + run + " --clip-guard 0.5");
  CHECK(read_scores(folder) == with_static);

  const std::string quantized = path + "/quantized.safetensors";
  success("quantize " + file + " -o " + quantized);
  success("run " + quantized + run);
  CHECK(read_scores(folder) == with_static);

  const std::string narrow = path + "/narrow.safetensors";
  success("calibrate " + digits() + " --estimator percentile:percentile=60 --input-dir " + path +
          " -o " + narrow);
  CHECK(
      contains(success("run " + narrow + " --precision int8 --clip-guard 0.01 --input-dir " + path),
               "clip guard: layer '/conv2/Conv' took a measured range"));
  CHECK(contains(failure("run " + narrow + run + " --clip-guard 1.5"), "--clip-guard"));

  CHECK(contains(failure("calibrate " + file + " --input-dir " + path + " -o " + file),
                 "another file"));
  CHECK(contains(failure("calibrate " + digits() + " --input-dir /does/not/exist -o " + file),
                 "/does/not/exist"));
  failure("calibrate " + digits() + " -o " + file);
  write_images(other.path(), 3);
  CHECK(contains(failure("calibrate " + digits() + " --input-dir " + path + " " +
                         other.path().string() + " -o " + file),
                 "[3, 1, 8, 8]"));
}

TEST_CASE("command: inspect shows layers and sizes") {
  const std::string out = success("inspect " + digits());
  CHECK(contains(out, "input   image  float32 [?, 1, 8, 8]"));
  CHECK(contains(out, "output  scores  float32 [1, 10]"));
  CHECK(contains(out, "Conv"));
  CHECK(contains(out, "float32 "));
  CHECK(contains(out, "int8 "));
  CHECK(contains(out, "arena"));
}

TEST_CASE("command: --float-winograd plans float convolutions by Winograd's algorithm") {
  const std::string inspect = "inspect builtin:resnet18 --precision float32";
  CHECK_FALSE(contains(success(inspect), "winograd"));
  CHECK(contains(success(inspect + " --float-winograd"), "float32 winograd 4x4"));
}
