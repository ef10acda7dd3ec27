#pragma once

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

/// A file of examples/digits.
std::string digits_file(const std::string& name);

}  // namespace octavo::test
