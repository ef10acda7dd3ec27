#pragma once

#include <filesystem>
#include <string>

namespace octavo::test {

/// What a run of the octavo command did.
struct CommandResult {
  int exit_code;
  std::string out;
  std::string err;
};

/// Runs `octavo ARGUMENTS` through the shell, with `environment` ("NAME=value") set.
CommandResult run_command(const std::string& arguments, const std::string& environment = {});

/// A folder that is empty at first and goes with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A file of examples/digits.
std::string digits_file(const std::string& name);

}  // namespace octavo::test
