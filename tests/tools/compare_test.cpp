#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

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
