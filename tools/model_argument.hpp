#pragma once

#include <string>

#include "octavo/model.hpp"

namespace octavo::tools {

/// The model that a command's MODEL argument names: a file, or "builtin:NAME" (builtin_models.hpp).
Model load_model(const std::string& argument);

/// Throws Error{invalid_argument} when `output` is the file of the model itself, which stays
/// mapped.
void require_another_file(const std::string& output, const std::string& model);

}  // namespace octavo::tools
