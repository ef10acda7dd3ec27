#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "octavo/tensor.hpp"

namespace octavo::tools {

/// An array as NumPy stores it in a .npy file: row-major, little-endian.
struct Npy {
  DataType type = DataType::float32;
  Shape shape;
  std::vector<std::byte> data;

  /// The elements, for as long as this array lives. Throws Error{invalid_argument} when T is not
  /// the element type.
  template <class T>
  [[nodiscard]] std::span<const T> as() const {
    require_type(data_type_of<T>());
    return {reinterpret_cast<const T*>(data.data()), data.size() / sizeof(T)};
  }

 private:
  void require_type(DataType wanted) const;
};

/// Reads a .npy file of format version 1.0, 2.0 or 3.0. The file must hold exactly the elements
/// that its header declares. Throws Error that names the file: {io}, {malformed_file},
/// {limit_exceeded}, or {unsupported} for element types that DataType lacks, big-endian and
/// Fortran-ordered arrays.
Npy read_npy(const std::filesystem::path& path);

/// Writes an array as a .npy file of version 1.0. `data` must be as many bytes as `type` and
/// `shape` say, or else Error{invalid_argument} is thrown.
void write_npy(const std::filesystem::path& path, DataType type, const Shape& shape,
               std::span<const std::byte> data);

}  // namespace octavo::tools
