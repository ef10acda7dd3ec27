// What the objects of the instruction sets hold, also of those that this machine cannot run.
#include <cstdio>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

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

/// The objects of the instruction sets.
std::vector<std::string> objects() {
  std::vector<std::string> paths;
  std::istringstream list(OCTAVO_ISA_OBJECTS);
  for (std::string path; std::getline(list, path, ':');) paths.push_back(path);
  return paths;
}

/// How often each of `mnemonics` stands in the object of the set `id`.
std::vector<std::size_t> count_instructions(const std::string& id,
                                            const std::vector<std::string>& mnemonics) {
  std::vector<std::size_t> counts(mnemonics.size());
  for (const std::string& object : objects()) {
    if (object.find("/" + id + ".cpp") == std::string::npos) continue;
    std::istringstream words(
        output_of(OCTAVO_OBJDUMP " --disassemble --no-show-raw-insn '" + object + "'"));
    for (std::string word; words >> word;) {
      for (std::size_t i = 0; i < mnemonics.size(); ++i) counts[i] += word == mnemonics[i] ? 1 : 0;
    }
  }
  return counts;
}

}  // namespace

// A function compiled with AVX flags must not end up serving the rest of the program: the linker
// keeps one of several weak definitions with the same name, whichever flags it was compiled with.
TEST_CASE("symbols: objects of instruction sets define nothing but their kernels") {
  for (const std::string& object : objects()) {
    CAPTURE(object);
    std::istringstream symbols(
        output_of(OCTAVO_NM " --extern-only --defined-only '" + object + "'"));
    std::string line;
    std::size_t products = 0;
    while (std::getline(symbols, line)) {
      CAPTURE(line);
      if (line.find("__odr_asan") != std::string::npos) continue;  // AddressSanitizer's own
      const bool int8 = line.find("_int8") != std::string::npos;
      const bool floats = line.find("_floats") != std::string::npos;
      CHECK((int8 || floats));
      products += int8 ? 1 : 0;
    }
    CHECK(products == 1);
  }
  CHECK(!objects().empty());
}

#if defined(__x86_64__)
TEST_CASE("symbols: VNNI sets use dot products that do not saturate") {
  for (const char* id : {"avxvnni", "avx512vnni"}) {
    CAPTURE(id);
    const auto counts = count_instructions(id, {"vpdpbusd", "vpdpwssd", "vpdpbusds", "vpdpwssds"});
    CHECK(counts[0] > 0);
    CHECK(counts[1] > 0);
    CHECK(counts[2] + counts[3] == 0);
  }
}

TEST_CASE("symbols: sets without VNNI use none of its instructions") {
  for (const char* id : {"avx2", "avx512"}) {
    CAPTURE(id);
    const auto counts = count_instructions(id, {"vpmaddubsw", "vpdpbusd", "vpdpwssd"});
    CHECK(counts[0] > 0);
    CHECK(counts[1] + counts[2] == 0);
  }
}
#elif defined(__aarch64__)
TEST_CASE("symbols: NEON sets use the products of bytes that they are named for") {
  const auto neon = count_instructions("neon", {"smull", "sdot", "usmmla"});
  CHECK(neon[0] > 0);
  CHECK(neon[1] + neon[2] == 0);
  const auto dotprod = count_instructions("dotprod", {"sdot", "usdot", "usmmla"});
  CHECK(dotprod[0] > 0);
  CHECK(dotprod[1] + dotprod[2] == 0);
  const auto i8mm = count_instructions("i8mm", {"usmmla", "usdot"});
  CHECK(i8mm[0] > 0);
  CHECK(i8mm[1] > 0);
}
#endif
