// A function compiled with AVX flags must not end up serving the rest of the program: the linker
// keeps one of several weak definitions with the same name, whichever flags it was compiled with.
#include <cstdio>
#include <memory>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

namespace {

std::string output_of(const std::string& command) {
  const auto close = [](FILE* pipe) { pclose(pipe); };
  const std::unique_ptr<FILE, decltype(close)> pipe(popen(command.c_str(), "r"), close);
  REQUIRE(pipe != nullptr);
  std::string text;
  char buffer[4096];
  while (const std::size_t n = std::fread(buffer, 1, sizeof buffer, pipe.get())) {
    text.append(buffer, n);
  }
  return text;
}

}  // namespace

TEST_CASE("symbols: objects of instruction sets define nothing but their table") {
  std::istringstream objects(OCTAVO_ISA_OBJECTS);
  std::string object;
  std::size_t count = 0;
  while (std::getline(objects, object, ':')) {
    CAPTURE(object);
    std::istringstream symbols(
        output_of(OCTAVO_NM " --extern-only --defined-only '" + object + "'"));
    std::string line;
    std::size_t tables = 0;
    while (std::getline(symbols, line)) {
      CAPTURE(line);
      if (line.find("__odr_asan") != std::string::npos) continue;  // AddressSanitizer's own
      const bool table = line.find("_kernels") != std::string::npos;
      CHECK(table);
      tables += table ? 1 : 0;
    }
    CHECK(tables == 1);
    ++count;
  }
  CHECK(count >= 1);
}
