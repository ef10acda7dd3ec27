#include "tools/report_page.hpp"

#include <cstddef>
#include <string_view>

#include "tools/report_assets.hpp"

namespace octavo::tools {
namespace {

/// Puts `text` in the place of `mark`, which the page holds once.
void replace(std::string& page, std::string_view mark, std::string_view text) {
  page.replace(page.find(mark), mark.size(), text);
}

/// JSON that an HTML parser passes over: "<" occurs within strings only, where it may be escaped.
std::string escape(std::string_view json) {
  std::string text;
  text.reserve(json.size());
  for (const char c : json) {
    if (c == '<') {
      text += "\\u003c";
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

std::string report_page(const std::string& document) {
  std::string page(report_assets::kHtml);
  replace(page, R"(<link rel="stylesheet" href="report.css">)",
          "<style>\n" + std::string(report_assets::kCss) + "</style>");
  replace(page, R"(<script src="report.js"></script>)",
          "<script>\n" + std::string(report_assets::kJs) + "</script>");
  replace(page, "null</script>", escape(document) + "</script>");
  return page;
}

}  // namespace octavo::tools
