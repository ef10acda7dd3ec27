#include "tests/tools/command.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <sys/wait.h>

#include "tests/support/temporary_folder.hpp"

namespace octavo::test {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

CommandResult run_command(const std::string& arguments, const std::string& environment) {
  const TemporaryFolder folder;
  const std::string out = (folder.path() / "out").string();
  const std::string err = (folder.path() / "err").string();
  const std::string line = "env " + environment + " '" + OCTAVO_COMMAND + "' " + arguments + " >'" +
                           out + "' 2>'" + err + "'";
  const int status = std::system(line.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(out), read_file(err)};
}

std::string digits_file(const std::string& name) {
  return std::string(OCTAVO_SOURCE_DIR) + "/examples/digits/" + name;
}

}  // namespace octavo::test
