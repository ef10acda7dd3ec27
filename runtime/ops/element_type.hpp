#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "runtime/ops/float16.hpp"
#include "runtime/ops/operator.hpp"

namespace octavo::ops {

/// Calls `use` with a value of the C++ type of the elements.
template <class Use>
auto with_type(DataType type, const Use& use) {
  switch (type) {
    case DataType::float32:
      return use(float{});
    case DataType::float64:
      return use(double{});
    case DataType::float16:
      return use(Float16{});
    case DataType::int8:
      return use(std::int8_t{});
    case DataType::uint8:
      return use(std::uint8_t{});
    case DataType::int16:
      return use(std::int16_t{});
    case DataType::uint16:
      return use(std::uint16_t{});
    case DataType::int32:
      return use(std::int32_t{});
    case DataType::uint32:
      return use(std::uint32_t{});
    case DataType::int64:
      return use(std::int64_t{});
    case DataType::uint64:
      return use(std::uint64_t{});
    default:
      return use(bool{});
  }
}

/// The same for the operators that take kNumbers (or kNumbers and boolean, as uint8): nodes of
/// other types do not get as far as prepare.
template <class Use>
auto with_number(DataType type, const Use& use) {
  switch (type) {
    case DataType::float32:
      return use(float{});
    case DataType::int8:
      return use(std::int8_t{});
    case DataType::int16:
      return use(std::int16_t{});
    case DataType::uint16:
      return use(std::uint16_t{});
    case DataType::int32:
      return use(std::int32_t{});
    case DataType::uint32:
      return use(std::uint32_t{});
    case DataType::int64:
      return use(std::int64_t{});
    case DataType::uint64:
      return use(std::uint64_t{});
    default:
      return use(std::uint8_t{});
  }
}

/// What ONNX leaves undefined is defined here: floats outside the range of an integer type become
/// its nearest value and NaN becomes 0; integers wrap.
template <class To, class From>
To convert(From value) {
  if constexpr (std::is_same_v<From, Float16>) {
    return convert<To>(to_float(value));
  } else if constexpr (std::is_same_v<To, Float16>) {
    return to_float16(convert<float>(value));
  } else if constexpr (std::is_same_v<To, bool>) {
    return value != From{0};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    // Both bounds are exact in From, the upper one being a power of two.
    const From below = std::ldexp(From{1}, std::numeric_limits<To>::digits);
    if (std::isnan(value)) return To{0};
    if (value >= below) return std::numeric_limits<To>::max();
    if (value <= static_cast<From>(std::numeric_limits<To>::min())) {
      return std::numeric_limits<To>::min();
    }
    return static_cast<To>(value);
  } else {
    return static_cast<To>(value);
  }
}

/// The "kernel" of steps that are plain loops over elements of type T, for reports.
template <class T>
constexpr const char* kernel_name() {
  return std::is_floating_point_v<T> ? "float32" : "integer";
}

}  // namespace octavo::ops
