#include "tools/tensor_values.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace octavo::tools {
namespace {

template <class T>
std::vector<double> widen(std::span<const std::byte> bytes) {
  const auto* elements = reinterpret_cast<const T*>(bytes.data());
  return {elements, elements + bytes.size() / sizeof(T)};
}

std::vector<double> widen(DataType type, std::span<const std::byte> bytes) {
  switch (type) {
    case DataType::float32:
      return widen<float>(bytes);
    case DataType::float64:
      return widen<double>(bytes);
    case DataType::int8:
      return widen<std::int8_t>(bytes);
    case DataType::uint8:
      return widen<std::uint8_t>(bytes);
    case DataType::int16:
      return widen<std::int16_t>(bytes);
    case DataType::uint16:
      return widen<std::uint16_t>(bytes);
    case DataType::int32:
      return widen<std::int32_t>(bytes);
    case DataType::uint32:
      return widen<std::uint32_t>(bytes);
    case DataType::int64:
      return widen<std::int64_t>(bytes);
    case DataType::uint64:
      return widen<std::uint64_t>(bytes);
    case DataType::boolean:
      return widen<bool>(bytes);
    case DataType::float16:
      return {};
  }
  return {};
}

}  // namespace

std::vector<double> values_of(const TensorView& tensor) {
  return widen(tensor.type(), {static_cast<const std::byte*>(tensor.raw()), tensor.bytes()});
}

std::vector<double> values_of(const Npy& array) {
  return widen(array.type, array.data);
}

}  // namespace octavo::tools
