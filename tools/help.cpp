#include "tools/help.hpp"

#include <cstddef>
#include <sstream>

namespace octavo::tools {

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
  constexpr std::size_t kWidth = 68;  // CLI11 indents descriptions by 30
  std::istringstream words(option->get_description());
  std::string text;
  std::size_t column = 0;
  for (std::string word; words >> word; column += word.size()) {
    if (column > 0) {
      const bool fits = column + 1 + word.size() <= kWidth;
      text += fits ? ' ' : '\n';
      column = fits ? column + 1 : 0;
    }
    text += word;
  }
  return text;
}

}  // namespace octavo::tools
