#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace octavo::formats {

/// A JSON value (RFC 8259).
class Json {
 public:
  using List = std::vector<Json>;
  using Object = std::map<std::string, Json, std::less<>>;
  /// A number without fraction and exponent that fits is an integer, others are doubles. What is
  /// large is held by pointer: a hostile file may have a value in every second byte.
  using Content =
      std::variant<std::nullptr_t, bool, std::int64_t, double, std::unique_ptr<std::string>,
                   std::unique_ptr<List>, std::unique_ptr<Object>>;

  Json() = default;
  explicit Json(Content content);
  Json(Json&& other) noexcept;
  Json& operator=(Json&& other) noexcept;
  ~Json();

  /// The content if it is a T: bool, std::int64_t, double, std::string, List or Object. Or null.
  template <class T>
  const T* get_if() const {
    if constexpr (std::is_arithmetic_v<T>) {
      return std::get_if<T>(&content_);
    } else {
      const auto* const box = std::get_if<std::unique_ptr<T>>(&content_);
      return box != nullptr ? box->get() : nullptr;
    }
  }

 private:
  Content content_;
};

/// Parses a JSON text that may be hostile: throws Error{malformed_file} on a syntax error, on a
/// name that occurs twice in an object, on more than `max_depth` nested objects and lists, and on a
/// number outside of double's range.
Json parse_json(std::string_view text, int max_depth);

/// Typed access; another type is Error{malformed_file} that says what `what` must be.
const std::string& json_string(const Json& value, std::string_view what);
std::int64_t json_integer(const Json& value, std::string_view what);
const Json::List& json_list(const Json& value, std::string_view what);
const Json::Object& json_object(const Json& value, std::string_view what);

/// The member of that name; Error{malformed_file} when it is missing.
const Json& json_member(const Json::Object& object, std::string_view name);

/// Requires an object with exactly these names.
void require_members(const Json::Object& object, std::initializer_list<std::string_view> names);

}  // namespace octavo::formats
