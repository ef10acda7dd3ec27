#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace octavo::formats {

/// Parses a JSON text that may be hostile: throws Error{malformed_file} on a syntax error, on a
/// name that occurs twice in an object, and on more than `max_depth` nested objects and lists.
nlohmann::json parse_json(std::string_view text, int max_depth);

/// Requires an object with exactly these names.
void require_members(const nlohmann::json& value, std::initializer_list<std::string_view> names);

/// Typed access; another type is Error{malformed_file} that says what `what` must be.
const std::string& json_string(const nlohmann::json& value, std::string_view what);
std::int64_t json_integer(const nlohmann::json& value, std::string_view what);
const nlohmann::json& json_list(const nlohmann::json& value, std::string_view what);
const nlohmann::json& json_object(const nlohmann::json& value, std::string_view what);

/// A UTF-8 text without line breaks. Throws Error{invalid_graph} when a string is not UTF-8.
std::string to_text(const nlohmann::json& value);

}  // namespace octavo::formats
