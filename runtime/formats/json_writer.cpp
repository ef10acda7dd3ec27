#include "runtime/formats/json_writer.hpp"

#include "octavo/error.hpp"

namespace octavo::formats {

JsonWriter& JsonWriter::name(std::string_view name) {
  value(name);
  return *this;
}

void JsonWriter::value(std::string_view value) {
  if (!writer_.String(value.data(), static_cast<rapidjson::SizeType>(value.size()))) {
    throw Error(ErrorCode::invalid_graph, "a name or an attribute is not UTF-8");
  }
}

void JsonWriter::value(std::span<const std::int64_t> values) {
  begin_list();
  for (const std::int64_t element : values) value(element);
  end_list();
}

}  // namespace octavo::formats
