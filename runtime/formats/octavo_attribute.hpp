#pragma once

#include <nlohmann/json.hpp>

#include "octavo/graph.hpp"

namespace octavo::formats {

/// An attribute as JSON: an object of one member that is named after the type. Every float comes
/// back as it was; an infinity or NaN is a string.
nlohmann::json encode_attribute(const Attribute& attribute);

/// The reverse. Throws Error{malformed_file}.
Attribute decode_attribute(const nlohmann::json& value);

}  // namespace octavo::formats
