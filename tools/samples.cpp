#include "tools/samples.hpp"

#include <algorithm>
#include <utility>

#include "octavo/error.hpp"

#include "tools/input_files.hpp"
#include "tools/tensor_values.hpp"

namespace octavo::tools {
namespace {

std::filesystem::path reference_file(const std::string& folder, std::size_t output) {
  return std::filesystem::path(folder) / ("output_" + std::to_string(output) + ".npy");
}

/// Whether the folders have a reference for an output: all of them, or none.
bool has_reference(const std::vector<std::string>& folders, std::size_t output) {
  const auto exists = [output](const std::string& folder) {
    return std::filesystem::exists(reference_file(folder, output));
  };
  const auto present = std::ranges::find_if(folders, exists);
  if (present == folders.end()) return false;
  const auto absent = std::ranges::find_if_not(folders, exists);
  if (absent == folders.end()) return true;
  throw Error(ErrorCode::invalid_argument, "found " + reference_file(*present, output).string() +
                                               ", but no " +
                                               reference_file(*absent, output).string() +
                                               "; expected it in all folders or in none");
}

}  // namespace

std::vector<Sample> read_samples(const std::vector<std::string>& folders, const Model& model,
                                 ShapeBindings& shapes) {
  std::vector<Sample> samples;
  for (const std::string& folder : folders) {
    if (!std::filesystem::is_directory(folder)) {
      throw Error(ErrorCode::io, "--input-dir: " + folder + " is no folder");
    }
    samples.push_back({folder, read_inputs(input_files(folder, model), model, shapes), {}});
  }
  for (std::size_t i = 0; i < model.outputs().size(); ++i) {
    const bool present = has_reference(folders, i);
    for (Sample& sample : samples) {
      sample.references.push_back(
          present ? std::optional(read_npy(reference_file(sample.folder, i))) : std::nullopt);
    }
  }
  return samples;
}

void check_references(std::span<const Sample> samples, const Session& session) {
  for (const Sample& sample : samples) {
    for (std::size_t i = 0; i < session.output_count(); ++i) {
      const std::optional<Npy>& found = sample.references[i];
      const TensorView output = session.output(i);
      if (!found || (found->type == output.type() && found->shape == output.shape())) continue;
      throw Error(ErrorCode::invalid_argument,
                  "output '" + std::string(output.name()) +
                      "': " + reference_file(sample.folder, i).string() + " holds " +
                      describe(found->type, found->shape) + "; expected " +
                      describe(output.type(), output.shape()));
    }
  }
}

std::vector<std::int64_t> read_labels(const std::filesystem::path& file, std::size_t samples,
                                      const Session& session) {
  const auto fail = [&file](const std::string& message) {
    throw Error(ErrorCode::invalid_argument, "--labels: " + file.string() + message);
  };
  const Npy array = read_npy(file);
  if (array.type == DataType::float32 || array.type == DataType::float64 ||
      array.type == DataType::float16 || array.type == DataType::boolean) {
    fail(" holds " + describe(array.type, array.shape) + "; expected integers");
  }
  const TensorView output = session.output(0);
  const std::size_t classes = class_count(output.shape());
  const std::string name = "the first output '" + std::string(output.name()) + "' is " +
                           describe(output.type(), output.shape());
  if (classes < 2) fail(" cannot be compared: " + name + ", without classes in its last dimension");
  const std::vector<double> values = values_of(array);
  const std::size_t rows = samples * (output.size() / classes);
  if (values.size() != rows) {
    fail(" holds " + std::to_string(values.size()) + " labels; expected " + std::to_string(rows) +
         ", because " + name + " and there are " + std::to_string(samples) + " folders");
  }
  std::vector<std::int64_t> labels;
  for (const double value : values) {
    if (value < 0.0 || value >= static_cast<double>(classes)) {
      fail(" holds the label " + std::to_string(static_cast<std::int64_t>(value)) +
           " at position " + std::to_string(labels.size()) + "; expected 0 to " +
           std::to_string(classes - 1));
    }
    labels.push_back(static_cast<std::int64_t>(value));
  }
  return labels;
}

std::size_t class_count(const Shape& shape) {
  return shape.empty() ? 1 : static_cast<std::size_t>(shape.back());
}

}  // namespace octavo::tools
