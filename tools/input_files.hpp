#pragma once

#include <filesystem>
#include <vector>

#include "octavo/session.hpp"

#include "tools/npy.hpp"

namespace octavo::tools {

/// One .npy file for each input of a model, in the model's order.
using InputFiles = std::vector<std::filesystem::path>;

/// input_0.npy, input_1.npy, ... of a folder. Throws Error{invalid_argument} when the folder has
/// more of them than the model has inputs.
InputFiles input_files(const std::filesystem::path& folder, const Model& model);

/// Reads the arrays and binds the free dimensions in `shapes` to their shapes. Throws Error that
/// names the input and the file when one does not fit the model or what is bound already.
std::vector<Npy> read_inputs(const InputFiles& files, const Model& model, ShapeBindings& shapes);

/// Copies the arrays into the inputs of a session that was planned for their shapes.
void write_inputs(const std::vector<Npy>& arrays, const Session& session);

/// "float32 [1, 8]", for messages.
std::string describe(DataType type, const Shape& shape);

}  // namespace octavo::tools
