#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "octavo/tensor.hpp"

namespace octavo {

/// A piece of a message: a text, a number, a shape or a type. Refers to what it was made from.
class TextPart {
 public:
  TextPart(std::string_view text) : text_(text) {}
  TextPart(const std::string& text) : text_(text) {}
  TextPart(const char* text) : text_(text) {}
  TextPart(DataType type) : text_(to_string(type)) {}
  TextPart(const Shape& shape) : shape_(&shape) {}
  template <std::integral Number>
  TextPart(Number number)
      : number_(static_cast<std::uint64_t>(number)),
        kind_(number < 0 ? Kind::negative : Kind::count) {}
  TextPart(char) = delete;
  TextPart(bool) = delete;

  void append_to(std::string& message) const;

 private:
  enum class Kind : std::uint8_t { text, count, negative };
  std::string_view text_;
  const Shape* shape_ = nullptr;
  std::uint64_t number_ = 0;
  Kind kind_ = Kind::text;
};

/// The pieces, one after the other. Messages are many and rarely made: adding strings up where they
/// are thrown would be a good part of the library's code.
std::string concat(std::initializer_list<TextPart> parts);

}  // namespace octavo
