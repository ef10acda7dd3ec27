#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "octavo/session.hpp"

#include "tools/npy.hpp"

namespace octavo::tools {

/// One run of a model: its inputs, and what is expected of its outputs.
struct Sample {
  std::string folder;
  std::vector<Npy> inputs;
  /// Per output of the model, output_I.npy of the folder where all folders have one.
  std::vector<std::optional<Npy>> references;
};

/// Reads input_I.npy and output_I.npy of each folder. The first folder binds the free dimensions in
/// `shapes`; the others must have the same. Throws Error that names the file and what does not fit.
std::vector<Sample> read_samples(const std::vector<std::string>& folders, const Model& model,
                                 ShapeBindings& shapes);

/// Checks that the references have the types and shapes of the outputs of `session`. Throws
/// Error{invalid_argument} that names the first file that does not.
void check_references(std::span<const Sample> samples, const Session& session);

/// Reads integers of any type: one label for each row of the first output of `session`, sample
/// after sample. Throws Error{invalid_argument} for another number of them, one that is no class,
/// or an output without classes.
std::vector<std::int64_t> read_labels(const std::filesystem::path& file, std::size_t samples,
                                      const Session& session);

/// The extent of the last dimension, whose elements are the classes of a row; 1 for a scalar.
std::size_t class_count(const Shape& shape);

}  // namespace octavo::tools
