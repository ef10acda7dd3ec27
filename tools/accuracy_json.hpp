#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tools/accuracy.hpp"

namespace octavo::tools {

/// What was run.
struct AccuracySetup {
  std::string model;
  std::string isa;
  std::size_t threads = 1;
  std::vector<std::string> folders;
};

/// The document that `octavo compare --json` writes and its report shows; docs/compare.md describes
/// it.
nlohmann::ordered_json to_json(const AccuracySetup& setup, const AccuracyReport& report);

/// The document as text on one line. Bytes that are no UTF-8 are replaced.
std::string to_text(const nlohmann::ordered_json& document);

}  // namespace octavo::tools
