#pragma once

#include <string_view>

/// The files of tools/report/, which the build makes part of the command (cmake/EmbedFiles.cmake).
namespace octavo::tools::report_assets {

extern const std::string_view kHtml;
extern const std::string_view kCss;
extern const std::string_view kJs;

}  // namespace octavo::tools::report_assets
