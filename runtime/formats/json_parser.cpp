#include <utility>

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include "octavo/error.hpp"

#include "runtime/concat.hpp"
#include "runtime/formats/json.hpp"

namespace octavo::formats {
namespace {

[[noreturn]] void malformed(const std::string& text) {
  throw Error(ErrorCode::malformed_file, text);
}

/// Builds the value that a parser reads, told of it piece by piece.
class Builder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Builder> {
 public:
  explicit Builder(int max_depth) : max_depth_(static_cast<std::size_t>(max_depth)) {}

  Json take() { return std::move(root_); }

  bool Null() { return add(Json()); }
  bool Bool(bool value) { return add(Json(value)); }
  bool Int(int value) { return Int64(value); }
  bool Uint(unsigned value) { return Int64(value); }
  bool Int64(std::int64_t value) { return add(Json(value)); }
  bool Uint64(std::uint64_t value) {
    return value <= INT64_MAX ? Int64(static_cast<std::int64_t>(value))
                              : Double(static_cast<double>(value));
  }
  bool Double(double value) { return add(Json(value)); }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return add(Json(std::make_unique<std::string>(text, size)));
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    const auto [member, is_new] = open_.back().object->try_emplace(std::string(text, size));
    if (!is_new) malformed(concat({"JSON name '", member->first, "' occurs twice"}));
    open_.back().member = &member->second;
    return true;
  }
  bool StartObject() {
    auto object = std::make_unique<Json::Object>();
    const Container container{object.get(), nullptr, nullptr};
    open(container, Json(std::move(object)));
    return true;
  }
  bool StartArray() {
    auto list = std::make_unique<Json::List>();
    const Container container{nullptr, nullptr, list.get()};
    open(container, Json(std::move(list)));
    return true;
  }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool EndArray(rapidjson::SizeType) { return close(); }

 private:
  /// An object or a list that has begun; the value that owns it may move.
  struct Container {
    Json::Object* object;
    Json* member;  ///< of the object, that the next value becomes
    Json::List* list;
  };

  bool add(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (open_.back().list != nullptr) {
      open_.back().list->push_back(std::move(value));
    } else {
      *open_.back().member = std::move(value);
    }
    return true;
  }

  void open(Container container, Json value) {
    if (open_.size() == max_depth_) {
      malformed(concat({"JSON is nested more than ", max_depth_, " deep"}));
    }
    add(std::move(value));
    open_.push_back(container);
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  std::size_t max_depth_;
  Json root_;
  std::vector<Container> open_;
};

}  // namespace

Json parse_json(std::string_view text, int max_depth) {
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag |
                              rapidjson::kParseValidateEncodingFlag |
                              rapidjson::kParseFullPrecisionFlag;
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  Builder builder(max_depth);
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, builder);
  // The parser takes a zero byte for the end.
  const std::size_t place = result ? stream.Tell() : result.Offset();
  if (!result || place != text.size()) {
    malformed(concat({"not valid JSON at byte ", place + 1}));
  }
  return builder.take();
}

}  // namespace octavo::formats
