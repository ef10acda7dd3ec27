#include "runtime/formats/json.hpp"

#include <cmath>
#include <random>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "octavo/error.hpp"

#include "runtime/formats/json_writer.hpp"

namespace octavo::formats {
namespace {

constexpr int kDepth = 40;

/// Whether a value is the one that another library has read.
bool same(const Json& value, const nlohmann::json& expected) {
  if (const auto* const integer = value.get_if<std::int64_t>()) {
    return expected.is_number_integer() && expected == *integer;
  }
  if (const auto* const real = value.get_if<double>()) {
    return expected.is_number() && expected.get<double>() == *real;
  }
  if (const auto* const boolean = value.get_if<bool>()) return expected == *boolean;
  if (const auto* const text = value.get_if<std::string>()) return expected == *text;
  if (const auto* const list = value.get_if<Json::List>()) {
    return expected.is_array() &&
           std::equal(list->begin(), list->end(), expected.begin(), expected.end(), same);
  }
  if (const auto* const object = value.get_if<Json::Object>()) {
    if (!expected.is_object() || expected.size() != object->size()) return false;
    for (const auto& [name, member] : *object) {
      if (!expected.contains(name) || !same(member, expected[name])) return false;
    }
    return true;
  }
  return expected.is_null();
}

std::string refusal(const std::string& text, int depth = kDepth) {
  try {
    parse_json(text, depth);
    return "none";
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::malformed_file);
    return error.what();
  }
}

const std::string kSample =
    R"( {"a":[0,[-9223372036854775808],[9223372036854775807],[9223372036854775808],1E+2,12.5e-3],)"
    R"("b\n\"\u00e9\ud83d\ude00":{"":{},"x":[true,false,null,[]]},"é€😀":"\\\/\b\f\r\t", "c":-0.5})"
    "\r\n\t";

TEST_CASE("json: reads what another library reads") {
  CHECK(same(parse_json(kSample, kDepth), nlohmann::json::parse(kSample)));
}

TEST_CASE("json: random changes are refused where another library refuses them") {
  std::mt19937 random(7);
  const std::string letters =
      "{}[]\",:\\ -+.0123456789eEtrufalsn\x7f\x1f\xc3\xa9\xe2\xed\xa0\xf4\x90\xff";
  int read = 0;
  for (int round = 0; round < 40000; ++round) {
    std::string text = kSample;
    for (std::uint32_t change = 0; change <= round % 3U; ++change) {
      const std::size_t place = random() % text.size();
      const char letter = letters[random() % letters.size()];
      switch (random() % 3) {
        case 0:
          text[place] = letter;
          break;
        case 1:
          text.insert(place, 1, letter);
          break;
        default:
          text.erase(place, 1 + random() % 3);
          break;
      }
    }
    // The second half of a surrogate pair alone is read as it stands.
    if (text.find("\\ude00") != std::string::npos &&
        text.find("\\ud83d\\ude00") == std::string::npos) {
      continue;
    }
    const bool valid = nlohmann::json::accept(text);
    const std::string found = refusal(text);
    CAPTURE(text);
    if (found.find("occurs twice") != std::string::npos) continue;
    REQUIRE((found == "none") == valid);
    if (!valid) continue;
    REQUIRE(same(parse_json(text, kDepth), nlohmann::json::parse(text)));
    ++read;
  }
  CHECK(read > 1000);
}

TEST_CASE("json: errors say where") {
  const auto refused = [](const std::string& text, std::string_view expected) {
    CAPTURE(text);
    CHECK(refusal(text, 2).find(expected) != std::string::npos);
  };
  refused("", "not valid JSON at byte 1");
  refused("[1,]", "not valid JSON at byte 4");
  refused("[1]]", "not valid JSON at byte 4");
  refused("{\"a\":01}", "not valid JSON at byte 7");
  refused("\"\xed\xa0\x80\"", "not valid JSON at byte 2");
  refused(R"("\ud800x")", "not valid JSON at byte 2");
  refused(R"("\u12g4")", "not valid JSON at byte 2");
  refused("1e999", "not valid JSON");
  refused("{}" + std::string(1, '\0'), "not valid JSON at byte 3");
  refused("[[[1]]]", "nested more than 2 deep");
  refused(R"({"a":1,"b":2,"a":3})", "JSON name 'a' occurs twice");
  CHECK(refusal("[[],[],{\"a\":[]}]", 3) == "none");
}

TEST_CASE("json: numbers come back as they were written") {
  const auto check = [](double number) {
    JsonWriter writer;
    writer.value(number);
    const Json back = parse_json(writer.text(), 1);
    REQUIRE(back.get_if<double>() != nullptr);
    CHECK(*back.get_if<double>() == number);
    CHECK(std::signbit(*back.get_if<double>()) == std::signbit(number));
    CHECK(nlohmann::json::parse(writer.text()) == number);
  };
  for (const double number : {0.0, -0.0, 1.0, -3.0, 0.5, 1e-4, 9.9e-5, -1e15, 999999999999999.0}) {
    check(number);
  }
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> exponent(-45.0, 38.0);
  for (int count = 0; count < 1000; ++count) {
    check(static_cast<double>(static_cast<float>(std::pow(10.0, exponent(random)))));
  }
}

TEST_CASE("json: another library reads what was written") {
  std::string text = "\"\\/\u00e9\u20ac\U0001f600";
  for (char c = 1; c < 0x7f; ++c) text += c;
  JsonWriter writer;
  writer.begin_object();
  writer.name(text).begin_list();
  writer.value(text);
  writer.begin_list();
  writer.end_list();
  writer.end_list();
  writer.name("list").value(std::vector<std::int64_t>{INT64_MIN, 0, INT64_MAX});
  writer.end_object();
  CHECK(
      nlohmann::json::parse(writer.text()) ==
      nlohmann::json{{"list", {INT64_MIN, 0, INT64_MAX}}, {text, {text, nlohmann::json::array()}}});
  JsonWriter broken;
  CHECK_THROWS_WITH_AS(broken.value("\xc0\x80"), doctest::Contains("not UTF-8"), Error);
}

}  // namespace
}  // namespace octavo::formats
