#include "tools/alternatives.hpp"

#include "tools/table.hpp"

namespace octavo::tools {

double microseconds(const MethodTime& time) {
  return static_cast<double>(time.nanoseconds) / 1000;
}

std::string alternatives(std::span<const MethodTime> measured) {
  std::string text;
  for (std::size_t i = 1; i < measured.size(); ++i) {
    text += (text.empty() ? "" : ", ") + measured[i].method + ' ' +
            format_number(microseconds(measured[i]));
  }
  return text.empty() ? "-" : text;
}

}  // namespace octavo::tools
