#include "runtime/formats/json.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "octavo/error.hpp"

#include "runtime/concat.hpp"

namespace octavo::formats {
namespace {

using nlohmann::json;

[[noreturn]] void malformed(const std::string& text) {
  throw Error(ErrorCode::malformed_file, text);
}

[[noreturn]] void not_a(std::string_view what, std::string_view expected) {
  malformed(std::string(what) + " is not " + std::string(expected));
}

/// Watches a parser: the names of every object that is open.
class Watch {
 public:
  explicit Watch(int max_depth) : max_depth_(max_depth) {}

  bool operator()(int depth, json::parse_event_t event, const json& parsed) {
    switch (event) {
      case json::parse_event_t::object_start:
      case json::parse_event_t::array_start:
        if (depth >= max_depth_) {
          malformed(concat({"JSON is nested more than ", max_depth_, " deep"}));
        }
        names_.emplace_back();
        break;
      case json::parse_event_t::object_end:
      case json::parse_event_t::array_end:
        names_.pop_back();
        break;
      case json::parse_event_t::key: {
        const auto& name = parsed.get_ref<const std::string&>();
        if (!names_.back().insert(name).second)
          malformed(concat({"JSON name '", name, "' occurs twice"}));
        break;
      }
      case json::parse_event_t::value:
        break;
    }
    return true;
  }

 private:
  int max_depth_;
  std::vector<std::set<std::string>> names_;
};

}  // namespace

json parse_json(std::string_view text, int max_depth) {
  Watch watch(max_depth);
  try {
    return json::parse(text, std::ref(watch));
  } catch (const json::parse_error& error) {
    malformed(concat({"not valid JSON at byte ", error.byte}));
  } catch (const json::exception& error) {
    malformed(std::string("not valid JSON: ") + error.what());
  }
}

void require_members(const json& value, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (!value.contains(name)) malformed(concat({"'", name, "' is missing"}));
  }
  for (const auto& [name, member] : value.items()) {
    if (std::ranges::find(names, name) == names.end())
      malformed(concat({"'", name, "' is not known"}));
  }
}

const std::string& json_string(const json& value, std::string_view what) {
  if (!value.is_string()) not_a(what, "a string");
  return value.get_ref<const std::string&>();
}

std::int64_t json_integer(const json& value, std::string_view what) {
  const bool fits = value.is_number_integer() &&
                    (!value.is_number_unsigned() || value.get<std::uint64_t>() <= INT64_MAX);
  if (!fits) not_a(what, "an integer of 64 bits");
  return value.get<std::int64_t>();
}

const json& json_list(const json& value, std::string_view what) {
  if (!value.is_array()) not_a(what, "a list");
  return value;
}

const json& json_object(const json& value, std::string_view what) {
  if (!value.is_object()) not_a(what, "an object");
  return value;
}

std::string to_text(const json& value) {
  try {
    return value.dump();
  } catch (const json::exception&) {
    throw Error(ErrorCode::invalid_graph, "a name or an attribute is not UTF-8");
  }
}

}  // namespace octavo::formats
