#include "runtime/concat.hpp"

namespace octavo {

void TextPart::append_to(std::string& message) const {
  if (shape_ != nullptr) {
    message += to_string(*shape_);
  } else if (kind_ == Kind::text) {
    message += text_;
  } else if (kind_ == Kind::negative) {
    message += std::to_string(static_cast<std::int64_t>(number_));
  } else {
    message += std::to_string(number_);
  }
}

std::string concat(std::initializer_list<TextPart> parts) {
  std::string message;
  for (const TextPart& part : parts) part.append_to(message);
  return message;
}

}  // namespace octavo
