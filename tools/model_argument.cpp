#include "tools/model_argument.hpp"

#include <algorithm>
#include <string_view>

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

}  // namespace octavo::tools
