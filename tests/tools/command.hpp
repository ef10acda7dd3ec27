#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace octavo::test {

/// What a run of the octavo command did.
struct CommandResult {
  int exit_code;
  std::string out;
  std::string err;
};

/// Runs `octavo ARGUMENTS` through the shell, with `environment` ("NAME=value") set.
CommandResult run_command(const std::string& arguments, const std::string& environment = {});

/// Runs a command that must fail, with exit code 1, nothing on stdout and one message on stderr,
/// and returns the message; checks within a test case.
std::string failure(const std::string& arguments, const std::string& environment = {});

/// Runs a command that must succeed without a word on stderr, and returns what it prints.
std::string success(const std::string& arguments, const std::string& environment = {});

bool contains(const std::string& text, const std::string& part);

/// A file of examples/digits.
std::string digits_file(const std::string& name);

/// Writes the first `count` test images of examples/digits as input_0.npy of `folder`, and returns
/// them.
std::vector<float> write_images(const std::filesystem::path& folder, std::int64_t count);

}  // namespace octavo::test
