#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace octavo::formats {

/// Writes JSON on one line, from left to right. That every object and list is ended, and every
/// value in an object has a name, is up to the caller.
class JsonWriter {
 public:
  void begin_object() { writer_.StartObject(); }
  void end_object() { writer_.EndObject(); }
  void begin_list() { writer_.StartArray(); }
  void end_list() { writer_.EndArray(); }

  /// The name of the value that is written next.
  JsonWriter& name(std::string_view name);

  /// Throws Error{invalid_graph} when a string is not UTF-8.
  void value(std::string_view value);
  void value(std::int64_t value) { writer_.Int64(value); }
  /// With the digits that give the same number back; it must be finite.
  void value(double value) { writer_.Double(value); }
  void value(std::span<const std::int64_t> values);

  [[nodiscard]] std::string text() const { return {buffer_.GetString(), buffer_.GetSize()}; }

 private:
  using Utf8 = rapidjson::UTF8<>;

  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer, Utf8, Utf8, rapidjson::CrtAllocator,
                    rapidjson::kWriteValidateEncodingFlag>
      writer_{buffer_};
};

}  // namespace octavo::formats
