#include "tools/model_argument.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "octavo/error.hpp"

#include "tools/builtin_models.hpp"

namespace octavo::tools {

Model load_model(const std::string& argument) {
  constexpr std::string_view kPrefix = "builtin:";
  if (!argument.starts_with(kPrefix)) return Model::load(argument);
  const std::string_view name = std::string_view(argument).substr(kPrefix.size());
  const auto found = std::ranges::find(builtin_models(), name, &BuiltinModel::name);
  if (found == builtin_models().end()) {
    std::string names;
    for (const BuiltinModel& model : builtin_models()) {
      names += (names.empty() ? "" : ", ") + std::string(model.name);
    }
    throw Error(ErrorCode::invalid_argument,
                "no built-in model '" + std::string(name) + "'; there are " + names);
  }
  return found->make();
}

void require_another_file(const std::string& output, const std::string& model) {
  std::error_code missing;
  if (!std::filesystem::equivalent(model, output, missing)) return;
  throw Error(ErrorCode::invalid_argument,
              "-o: " + output + " is the model itself; expected another file");
}

}  // namespace octavo::tools
