#pragma once

#include <string>

namespace octavo::tools {

/// The page of tools/report/ with its style, its script and `document`, the text of to_json, in one
/// piece that needs no network.
std::string report_page(const std::string& document);

}  // namespace octavo::tools
