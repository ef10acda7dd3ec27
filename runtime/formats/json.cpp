#include "runtime/formats/json.hpp"

#include <algorithm>
#include <utility>

#include "octavo/error.hpp"

#include "runtime/concat.hpp"

namespace octavo::formats {
namespace {

[[noreturn]] void malformed(const std::string& text) {
  throw Error(ErrorCode::malformed_file, text);
}

[[noreturn]] void not_a(std::string_view what, std::string_view expected) {
  malformed(concat({what, " is not ", expected}));
}

}  // namespace

Json::Json(Content content) : content_(std::move(content)) {}
Json::Json(Json&& other) noexcept = default;
Json& Json::operator=(Json&& other) noexcept = default;
Json::~Json() = default;

const std::string& json_string(const Json& value, std::string_view what) {
  const std::string* const string = value.get_if<std::string>();
  if (string == nullptr) not_a(what, "a string");
  return *string;
}

std::int64_t json_integer(const Json& value, std::string_view what) {
  const std::int64_t* const integer = value.get_if<std::int64_t>();
  if (integer == nullptr) not_a(what, "an integer of 64 bits");
  return *integer;
}

const Json::List& json_list(const Json& value, std::string_view what) {
  const Json::List* const list = value.get_if<Json::List>();
  if (list == nullptr) not_a(what, "a list");
  return *list;
}

const Json::Object& json_object(const Json& value, std::string_view what) {
  const Json::Object* const object = value.get_if<Json::Object>();
  if (object == nullptr) not_a(what, "an object");
  return *object;
}

const Json& json_member(const Json::Object& object, std::string_view name) {
  const auto found = object.find(name);
  if (found == object.end()) malformed(concat({"'", name, "' is missing"}));
  return found->second;
}

void require_members(const Json::Object& object, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) json_member(object, name);
  for (const auto& [name, member] : object) {
    if (std::ranges::find(names, name) == names.end()) {
      malformed(concat({"'", name, "' is not known"}));
    }
  }
}

}  // namespace octavo::formats
