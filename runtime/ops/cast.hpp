#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "runtime/ops/operator.hpp"

namespace octavo::ops {

/// Converts n elements, as Cast does.
using Conversion = void (*)(const std::byte* x, std::size_t n, std::byte* out);

Conversion conversion(DataType from, DataType to);

/// A value of any element type that was converted to it once.
class Element {
 public:
  Element(DataType type, std::int64_t value)
      : Element(type, DataType::int64, reinterpret_cast<const std::byte*>(&value)) {}
  Element(DataType type, float value)
      : Element(type, DataType::float32, reinterpret_cast<const std::byte*>(&value)) {}

  /// Writes it and returns where the next element lies.
  std::byte* copy_to(std::byte* out) const { return std::copy_n(bytes_.data(), size_, out); }

 private:
  Element(DataType type, DataType from, const std::byte* value) : size_(size_of(type)) {
    conversion(from, type)(value, 1, bytes_.data());
  }

  alignas(8) std::array<std::byte, 8> bytes_{};
  std::size_t size_;
};

}  // namespace octavo::ops
