#include "octavo/tensor.hpp"

#include <array>
#include <string>

#include "runtime/concat.hpp"

namespace octavo {
namespace {

struct TypeInfo {
  std::string_view name;
  std::size_t size;
};

/// In the order of DataType.
constexpr std::array<TypeInfo, 12> kTypes = {{
    {"float32", 4},
    {"float64", 8},
    {"float16", 2},
    {"int8", 1},
    {"uint8", 1},
    {"int16", 2},
    {"uint16", 2},
    {"int32", 4},
    {"uint32", 4},
    {"int64", 8},
    {"uint64", 8},
    {"boolean", 1},
}};

/// 2^40 elements: more than any machine holds, and far from overflow in byte arithmetic.
constexpr std::uint64_t kMaxElements = std::uint64_t{1} << 40U;

}  // namespace

std::string_view to_string(DataType type) noexcept {
  return kTypes.at(static_cast<std::size_t>(type)).name;
}

std::size_t size_of(DataType type) noexcept {
  return kTypes.at(static_cast<std::size_t>(type)).size;
}

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ", ";
    text += shape[i] == -1 ? "?" : std::to_string(shape[i]);
  }
  return text + "]";
}

std::size_t element_count(const Shape& shape) {
  std::uint64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 0) {
      throw Error(ErrorCode::limit_exceeded,
                  concat({"shape ", shape, " has a dimension without a size"}));
    }
    const auto size = static_cast<std::uint64_t>(extent);
    if (size != 0 && count > kMaxElements / size) {
      throw Error(ErrorCode::limit_exceeded,
                  concat({"shape ", shape, " has more than 2^40 elements"}));
    }
    count *= size;
  }
  return static_cast<std::size_t>(count);
}

void TensorView::require_type(DataType wanted) const {
  if (wanted == type_) return;
  throw Error(ErrorCode::invalid_argument,
              concat({"tensor '", name_, "' holds ", to_string(type_),
                      ", but its elements were asked for as ", to_string(wanted)}));
}

}  // namespace octavo
