#include "tests/support/paths.hpp"

#include <cstdlib>
#include <iostream>
#include <set>
#include <string>

namespace octavo::test {

std::optional<std::filesystem::path> data_folder() {
  const char* const chosen = std::getenv("OCTAVO_TEST_DATA");
  const auto folder = chosen != nullptr ? std::filesystem::path(chosen)
                                        : std::filesystem::path(OCTAVO_SOURCE_DIR) / "../shared";
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) return std::nullopt;
  return folder;
}

void report_skipped(std::string_view name, std::string_view reason) {
  static std::set<std::string, std::less<>> reported;
  if (!reported.emplace(name).second) return;
  std::cout << "SKIPPED " << name << ": " << reason << std::endl;
}

}  // namespace octavo::test
