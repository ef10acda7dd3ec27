#include "runtime/formats/octavo_attribute.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "octavo/error.hpp"

#include "runtime/concat.hpp"
#include "runtime/formats/json.hpp"

namespace octavo::formats {
namespace {

using nlohmann::json;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// A double holds a float exactly, and JSON numbers are written so that a double comes back
/// exactly.
json encode(float value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0.0F ? "inf" : "-inf";
  return static_cast<double>(value);
}

float decode_float(const json& value) {
  if (value == "inf") return kInfinity;
  if (value == "-inf") return -kInfinity;
  if (value == "nan") return std::numeric_limits<float>::quiet_NaN();
  const double number = value.is_number() ? value.get<double>() : HUGE_VAL;
  if (std::abs(number) > static_cast<double>(std::numeric_limits<float>::max())) {
    throw Error(ErrorCode::malformed_file,
                "a float is neither a number within its range nor \"inf\", \"-inf\" or \"nan\"");
  }
  return static_cast<float>(number);
}

struct Encoder {
  json operator()(std::int64_t value) const { return {{"int", value}}; }
  json operator()(float value) const { return {{"float", encode(value)}}; }
  json operator()(const std::string& value) const { return {{"string", value}}; }
  json operator()(const std::vector<std::int64_t>& values) const { return {{"ints", values}}; }
  json operator()(const std::vector<float>& values) const {
    json list = json::array();
    for (const float value : values) list.push_back(encode(value));
    return {{"floats", std::move(list)}};
  }
};

}  // namespace

json encode_attribute(const Attribute& attribute) {
  return std::visit(Encoder(), attribute);
}

Attribute decode_attribute(const json& value) {
  if (json_object(value, "its value").size() != 1) {
    throw Error(ErrorCode::malformed_file,
                concat({value.size(), " members, expected one that names the type"}));
  }
  const std::string& type = value.begin().key();
  const json& content = value.begin().value();
  if (type == "int") return json_integer(content, "an int");
  if (type == "float") return decode_float(content);
  if (type == "string") return json_string(content, "a string");
  if (type == "ints") {
    std::vector<std::int64_t> elements;
    for (const json& element : json_list(content, "ints")) {
      elements.push_back(json_integer(element, "an int"));
    }
    return elements;
  }
  if (type == "floats") {
    std::vector<float> elements;
    for (const json& element : json_list(content, "floats")) {
      elements.push_back(decode_float(element));
    }
    return elements;
  }
  throw Error(ErrorCode::malformed_file, concat({"type '", type, "' is not known"}));
}

}  // namespace octavo::formats
