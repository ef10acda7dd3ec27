#include "runtime/formats/octavo_attribute.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "octavo/error.hpp"

#include "runtime/concat.hpp"

namespace octavo::formats {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// A double holds a float exactly.
void encode(float value, JsonWriter& json) {
  if (std::isnan(value)) return json.value("nan");
  if (std::isinf(value)) return json.value(value > 0.0F ? "inf" : "-inf");
  json.value(static_cast<double>(value));
}

float decode_float(const Json& value) {
  double number = HUGE_VAL;
  if (const auto* const text = value.get_if<std::string>()) {
    if (*text == "inf") return kInfinity;
    if (*text == "-inf") return -kInfinity;
    if (*text == "nan") return std::numeric_limits<float>::quiet_NaN();
  } else if (const auto* const integer = value.get_if<std::int64_t>()) {
    number = static_cast<double>(*integer);
  } else if (const auto* const real = value.get_if<double>()) {
    number = *real;
  }
  if (std::abs(number) > static_cast<double>(std::numeric_limits<float>::max())) {
    throw Error(ErrorCode::malformed_file,
                "a float is neither a number within its range nor \"inf\", \"-inf\" or \"nan\"");
  }
  return static_cast<float>(number);
}

struct Encoder {
  JsonWriter& json;

  void operator()(std::int64_t value) const { json.name("int").value(value); }
  void operator()(float value) const { encode(value, json.name("float")); }
  void operator()(const std::string& value) const { json.name("string").value(value); }
  void operator()(const std::vector<std::int64_t>& values) const {
    json.name("ints").value(values);
  }
  void operator()(const std::vector<float>& values) const {
    json.name("floats").begin_list();
    for (const float value : values) encode(value, json);
    json.end_list();
  }
};

}  // namespace

void encode_attribute(const Attribute& attribute, JsonWriter& json) {
  json.begin_object();
  std::visit(Encoder{json}, attribute);
  json.end_object();
}

Attribute decode_attribute(const Json& value) {
  const Json::Object& object = json_object(value, "its value");
  if (object.size() != 1) {
    throw Error(ErrorCode::malformed_file,
                concat({object.size(), " members, expected one that names the type"}));
  }
  const auto& [type, content] = *object.begin();
  if (type == "int") return json_integer(content, "an int");
  if (type == "float") return decode_float(content);
  if (type == "string") return json_string(content, "a string");
  if (type == "ints") {
    std::vector<std::int64_t> elements;
    for (const Json& element : json_list(content, "ints")) {
      elements.push_back(json_integer(element, "an int"));
    }
    return elements;
  }
  if (type == "floats") {
    std::vector<float> elements;
    for (const Json& element : json_list(content, "floats")) {
      elements.push_back(decode_float(element));
    }
    return elements;
  }
  throw Error(ErrorCode::malformed_file, concat({"type '", type, "' is not known"}));
}

}  // namespace octavo::formats
