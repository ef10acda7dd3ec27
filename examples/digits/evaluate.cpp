#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "octavo/octavo.hpp"

#include "tools/npy.hpp"

// How many of the held-back digits the model recognises: in float32, and in int8 with every range
// estimator and both schemes. Usage: octavo_example_digits FOLDER

namespace {

using octavo::tools::Npy;

struct TestSet {
  octavo::Model model;
  Npy images;
  std::vector<std::int64_t> labels;
};

TestSet load(const std::filesystem::path& folder) {
  TestSet set{octavo::Model::load(folder / "digits.onnx"),
              octavo::tools::read_npy(folder / "test_images.npy"),
              {}};
  const Npy labels = octavo::tools::read_npy(folder / "test_labels.npy");
  set.labels.assign(labels.as<std::int64_t>().begin(), labels.as<std::int64_t>().end());
  return set;
}

/// The number of images whose highest score is that of their label.
std::size_t count_right(const TestSet& set, octavo::SessionOptions options) {
  options.shapes = {{"image", set.images.shape}};  // all images are one batch
  octavo::Session session(set.model, options);
  std::ranges::copy(set.images.as<float>(), session.input("image").data<float>().begin());
  session.run();
  const std::span<const float> scores = session.output("scores").data<float>();
  const std::size_t classes = scores.size() / set.labels.size();
  std::size_t right = 0;
  for (std::size_t i = 0; i < set.labels.size(); ++i) {
    const auto row = scores.subspan(i * classes, classes);
    right += std::ranges::max_element(row) - row.begin() == set.labels[i] ? 1 : 0;
  }
  return right;
}

void print_row(const std::string& precision, const char* scheme, std::size_t right,
               std::size_t count) {
  std::printf("%-19s  %-10s  %8.2f %%  (%zu of %zu)\n", precision.c_str(), scheme,
              100.0 * static_cast<double>(right) / static_cast<double>(count), right, count);
}

void evaluate(const TestSet& set) {
  const std::size_t count = set.labels.size();
  std::printf("%-19s  %-10s  %10s\n", "precision", "scheme", "top-1");
  print_row("float32", "", count_right(set, {.precision = octavo::Precision::float32}), count);
  for (const std::string& name : octavo::estimator_names()) {
    for (const octavo::Scheme scheme : {octavo::Scheme::symmetric, octavo::Scheme::asymmetric}) {
      const octavo::SessionOptions options{.precision = octavo::Precision::int8,
                                           .scheme = scheme,
                                           .estimator = octavo::make_estimator(name)};
      print_row("int8 " + name, scheme == octavo::Scheme::symmetric ? "symmetric" : "asymmetric",
                count_right(set, options), count);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: " << argv[0] << " FOLDER   (the one of digits.onnx)\n";
    return 1;
  }
  try {
    evaluate(load(argv[1]));
    return 0;
  } catch (const octavo::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
