#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace octavo::test {

/// The folder of the models and data that are not part of the repository: $OCTAVO_TEST_DATA, or
/// ../shared beside the source tree. Nothing when it does not exist.
std::optional<std::filesystem::path> data_folder();

/// Prints "SKIPPED <name>: <reason>" on a line of its own to stdout, for scripts to count. A test
/// that cannot run here calls this and returns; repeated calls for one name print one line.
void report_skipped(std::string_view name, std::string_view reason);

}  // namespace octavo::test
