#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "octavo/octavo.hpp"

#include "tools/npy.hpp"

/// The trained models of the test data folder, with the outputs that ONNX Runtime gave in float32.
namespace octavo::test {

/// The models that Octavo runs.
const std::vector<std::string>& real_model_names();

/// One stored set of inputs and expected outputs.
struct StoredSet {
  std::vector<tools::Npy> inputs;
  std::vector<tools::Npy> outputs;
};

/// All sets of the model in `folder`.
std::vector<StoredSet> stored_sets(const std::filesystem::path& folder);

/// A classifier's evaluation data: images as the model takes them, one after the other, and the
/// float scores of each.
struct Evaluation {
  std::vector<std::vector<float>> images;
  std::vector<std::vector<float>> scores;
};

/// The models that have evaluation data.
const std::vector<std::string>& evaluated_model_names();
Evaluation evaluation_of(const std::filesystem::path& data, const std::string& model);

/// Writes a set's inputs into a session, or one image of an evaluation.
void write_inputs(Session& session, const StoredSet& set);
void write_input(Session& session, const std::vector<float>& image);

/// The shapes of a set's inputs, to bind free dimensions with.
ShapeBindings shapes_of(const Model& model, const StoredSet& set);

}  // namespace octavo::test
