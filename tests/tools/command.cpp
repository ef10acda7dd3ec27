#include "tests/tools/command.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <doctest/doctest.h>
#include <sys/wait.h>

#include "tests/support/temporary_folder.hpp"
#include "tools/npy.hpp"

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

std::string failure(const std::string& arguments, const std::string& environment) {
  const CommandResult result = run_command(arguments, environment);
  CAPTURE(arguments);
  CHECK(result.exit_code == 1);
  CHECK(result.out == "");
  CHECK(result.err.starts_with("octavo: "));
  return result.err;
}

std::string success(const std::string& arguments, const std::string& environment) {
  const CommandResult result = run_command(arguments, environment);
  CAPTURE(arguments);
  CHECK(result.exit_code == 0);
  CHECK(result.err == "");
  return result.out;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string digits_file(const std::string& name) {
  return std::string(OCTAVO_SOURCE_DIR) + "/examples/digits/" + name;
}

std::vector<float> write_images(const std::filesystem::path& folder, std::int64_t count) {
  const tools::Npy all = tools::read_npy(digits_file("test_images.npy"));
  const Shape shape{count, 1, 8, 8};
  const auto images = all.as<float>().first(element_count(shape));
  tools::write_npy(folder / "input_0.npy", DataType::float32, shape, std::as_bytes(images));
  return {images.begin(), images.end()};
}

}  // namespace octavo::test
