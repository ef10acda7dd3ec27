#pragma once

#include <memory>
#include <string_view>

#include "runtime/graph/graph.hpp"

namespace octavo::formats {

/// A constant from its bytes in a file: in place, when `owner` keeps them alive and they are
/// aligned for the type, or large float32 elements, which Tensor aligns when they are needed; else
/// a copy. Throws Error when the shape is impossible, the bytes are not as many as it takes, or a
/// boolean is neither 0 nor 1.
Tensor constant_from(DataType type, Shape shape, std::string_view bytes,
                     const std::shared_ptr<const void>& owner);

}  // namespace octavo::formats
