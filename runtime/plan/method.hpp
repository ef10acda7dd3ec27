#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "octavo/session.hpp"

namespace octavo {

/// A way to compute a product.
struct Method {
  std::string_view name;
  Precision precision;
  bool winograd;
};

/// All of them; of one precision, what the runtime uses by itself where it applies comes last.
inline constexpr std::array<Method, 4> kMethods{{
    {"float32", Precision::float32, false},
    {"float32 winograd", Precision::float32, true},
    {"int8", Precision::int8, false},
    {"int8 winograd", Precision::int8, true},
}};

/// The one that every layer with an int8 kernel has.
inline constexpr const Method& kDirectInt8 = kMethods[2];

inline bool is_method(std::string_view name) {
  return std::ranges::find(kMethods, name, &Method::name) != kMethods.end();
}

}  // namespace octavo
