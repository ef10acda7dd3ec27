#include "tools/tensor_values.hpp"

#include <cstdint>
#include <span>

namespace octavo::tools {
namespace {

template <class T>
std::vector<double> widen(const TensorView& tensor) {
  const std::span<T> elements = tensor.data<T>();
  return {elements.begin(), elements.end()};
}

}  // namespace

std::vector<double> values_of(const TensorView& tensor) {
  switch (tensor.type()) {
    case DataType::float32:
      return widen<float>(tensor);
    case DataType::float64:
      return widen<double>(tensor);
    case DataType::int8:
      return widen<std::int8_t>(tensor);
    case DataType::uint8:
      return widen<std::uint8_t>(tensor);
    case DataType::int16:
      return widen<std::int16_t>(tensor);
    case DataType::uint16:
      return widen<std::uint16_t>(tensor);
    case DataType::int32:
      return widen<std::int32_t>(tensor);
    case DataType::uint32:
      return widen<std::uint32_t>(tensor);
    case DataType::int64:
      return widen<std::int64_t>(tensor);
    case DataType::uint64:
      return widen<std::uint64_t>(tensor);
    case DataType::boolean:
      return widen<bool>(tensor);
    case DataType::float16:
      return {};
  }
  return {};
}

}  // namespace octavo::tools
