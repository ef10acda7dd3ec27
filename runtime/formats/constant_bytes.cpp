#include "runtime/formats/constant_bytes.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "runtime/concat.hpp"

namespace octavo::formats {
namespace {

/// Bytes of tensors that are worth not being copied before their elements are needed.
constexpr std::size_t kLarge = 16384;

std::size_t byte_count(DataType type, const Shape& shape) {
  for (const std::int64_t extent : shape) {
    if (extent < 0) {
      throw Error(ErrorCode::malformed_file, concat({"negative dimension ", extent}));
    }
  }
  return element_count(shape) * size_of(type);
}

}  // namespace

Tensor constant_from(DataType type, Shape shape, std::string_view bytes,
                     const std::shared_ptr<const void>& owner) {
  const std::size_t expected = byte_count(type, shape);
  if (bytes.size() != expected) {
    throw Error(ErrorCode::malformed_file,
                concat({"shape ", shape, " of ", to_string(type), " takes ", expected,
                        " bytes, found ", bytes.size()}));
  }
  const auto is_boolean = [](char byte) { return byte == 0 || byte == 1; };
  if (type == DataType::boolean && !std::ranges::all_of(bytes, is_boolean)) {
    throw Error(ErrorCode::malformed_file, "a boolean element is neither 0 nor 1");
  }
  const bool aligned = reinterpret_cast<std::uintptr_t>(bytes.data()) % size_of(type) == 0;
  if (owner != nullptr && !aligned && type == DataType::float32 && bytes.size() >= kLarge) {
    const auto rows = static_cast<std::size_t>(shape[0]);
    return Tensor::of_rows(std::move(shape),
                           {.owner = owner,
                            .bytes = reinterpret_cast<const std::byte*>(bytes.data()),
                            .rows = rows,
                            .columns = expected / sizeof(float) / rows});
  }
  if (owner == nullptr || !aligned) {
    return Tensor::copy_of(type, std::move(shape), std::as_bytes(std::span(bytes)));
  }
  Tensor tensor;
  tensor.type = type;
  tensor.shape = std::move(shape);
  tensor.owner = owner;
  tensor.memory = reinterpret_cast<const std::byte*>(bytes.data());
  return tensor;
}

}  // namespace octavo::formats
