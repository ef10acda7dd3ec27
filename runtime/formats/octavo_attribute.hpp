#pragma once

#include "octavo/graph.hpp"

#include "runtime/formats/json.hpp"
#include "runtime/formats/json_writer.hpp"

namespace octavo::formats {

/// Writes an attribute: an object of one member that is named after the type. Every float comes
/// back as it was; an infinity or NaN is a string.
void encode_attribute(const Attribute& attribute, JsonWriter& json);

/// The reverse. Throws Error{malformed_file}.
Attribute decode_attribute(const Json& value);

}  // namespace octavo::formats
