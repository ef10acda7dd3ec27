#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "octavo/error.hpp"
#include "octavo/export.hpp"

namespace octavo {

/// Element types of tensors. `boolean` is one byte per element, 0 or 1.
enum class DataType : std::uint8_t {
  float32,
  float64,
  float16,
  int8,
  uint8,
  int16,
  uint16,
  int32,
  uint32,
  int64,
  uint64,
  boolean,
};

/// The name used in messages and in Octavo's own files, such as "float32".
OCTAVO_EXPORT std::string_view to_string(DataType type) noexcept;

/// Bytes of one element.
OCTAVO_EXPORT std::size_t size_of(DataType type) noexcept;

/// The DataType of a C++ element type.
template <class T>
constexpr DataType data_type_of();
template <>
constexpr DataType data_type_of<float>() {
  return DataType::float32;
}
template <>
constexpr DataType data_type_of<double>() {
  return DataType::float64;
}
template <>
constexpr DataType data_type_of<std::int8_t>() {
  return DataType::int8;
}
template <>
constexpr DataType data_type_of<std::uint8_t>() {
  return DataType::uint8;
}
template <>
constexpr DataType data_type_of<std::int16_t>() {
  return DataType::int16;
}
template <>
constexpr DataType data_type_of<std::uint16_t>() {
  return DataType::uint16;
}
template <>
constexpr DataType data_type_of<std::int32_t>() {
  return DataType::int32;
}
template <>
constexpr DataType data_type_of<std::uint32_t>() {
  return DataType::uint32;
}
template <>
constexpr DataType data_type_of<std::int64_t>() {
  return DataType::int64;
}
template <>
constexpr DataType data_type_of<std::uint64_t>() {
  return DataType::uint64;
}
template <>
constexpr DataType data_type_of<bool>() {
  return DataType::boolean;
}

/// Extents, outermost first; elements are stored row-major (the last dimension is contiguous).
/// An empty shape is a scalar. In the description of a model's input, -1 is a free dimension.
using Shape = std::vector<std::int64_t>;

/// "[1, 3, 224, 224]"; a free dimension prints as "?".
OCTAVO_EXPORT std::string to_string(const Shape& shape);

/// The product of the extents (1 for a scalar). Throws Error{limit_exceeded} when a dimension is
/// negative or the product leaves 2^40.
OCTAVO_EXPORT std::size_t element_count(const Shape& shape);

/// A typed, shaped window on memory that somebody else owns. Copying copies the window.
class OCTAVO_EXPORT TensorView {
 public:
  TensorView() = default;
  TensorView(std::string_view name, DataType type, const Shape& shape, void* data)
      : name_(name), type_(type), shape_(&shape), data_(data) {}

  [[nodiscard]] std::string_view name() const noexcept { return name_; }
  [[nodiscard]] DataType type() const noexcept { return type_; }
  [[nodiscard]] const Shape& shape() const noexcept { return *shape_; }
  [[nodiscard]] std::size_t size() const { return element_count(*shape_); }
  [[nodiscard]] std::size_t bytes() const { return size() * size_of(type_); }
  [[nodiscard]] void* raw() const noexcept { return data_; }

  /// The elements. Throws Error{invalid_argument} when T is not the element type.
  template <class T>
  [[nodiscard]] std::span<T> data() const {
    require_type(data_type_of<std::remove_const_t<T>>());
    return {static_cast<T*>(data_), size()};
  }

 private:
  void require_type(DataType wanted) const;

  std::string_view name_;
  DataType type_ = DataType::float32;
  const Shape* shape_ = nullptr;
  void* data_ = nullptr;
};

}  // namespace octavo
