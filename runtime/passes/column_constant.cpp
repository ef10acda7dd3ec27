#include "runtime/passes/column_constant.hpp"

namespace octavo::passes {

bool read_columns(const Tensor& constant, std::size_t columns, std::size_t rank, std::size_t axis,
                  std::vector<float>& result) {
  if (constant.shape.size() > rank) return false;
  const std::size_t missing = rank - constant.shape.size();
  for (std::size_t i = 0; i < constant.shape.size(); ++i) {
    const std::int64_t extent = constant.shape[i];
    if (extent == 1) continue;
    if (i + missing != axis || extent != static_cast<std::int64_t>(columns)) return false;
  }
  const auto elements = constant.as<float>();
  result.resize(columns);
  for (std::size_t n = 0; n < columns; ++n) result[n] = elements[elements.size() == 1 ? 0 : n];
  return true;
}

}  // namespace octavo::passes
