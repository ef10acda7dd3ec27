#pragma once

#include <string>

#include "octavo/model.hpp"

namespace octavo::tools {

/// The model that a command's MODEL argument names: a file, or "builtin:NAME" (builtin_models.hpp).
Model load_model(const std::string& argument);

}  // namespace octavo::tools
