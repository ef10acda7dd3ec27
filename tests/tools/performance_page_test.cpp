// benchmarks/report on results that were made up.

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/support/temporary_folder.hpp"
#include "tests/tools/command.hpp"

using namespace octavo::test;
using nlohmann::json;

namespace {

json context(const std::string& isa, const std::string& onednn_isa, const std::string& core) {
  return {{"cpu", "a CPU"},
          {"num_cpus", 2},
          {"caches", json::array()},
          {"compiler", "a compiler"},
          {"isa", isa},
          {"onednn", "2.6.3"},
          {"onednn_isa", onednn_isa},
          {"openblas", "OpenBLAS 0.3.21 DYNAMIC_ARCH " + core + " MAX_THREADS=64"}};
}

/// A row of a linear layer on one thread.
json row(const std::string& contender, double microseconds) {
  return {{"run_type", "iteration"},
          {"run_name", "layer/linear-M16-N768-K768/" + contender + "/t1/manual_time"},
          {"family_index", 0},
          {"median", microseconds * 1e-6},
          {"best", microseconds * 1e-6},
          {"real_time", microseconds},
          {"time_unit", "us"},
          {"MAC/s", 9.4e6 / (microseconds * 1e-6)}};
}

/// The page of one result for each of the contexts, in one line.
std::string page_of(const std::vector<json>& contexts) {
  const TemporaryFolder folder;
  const std::string path = folder.path().string();
  std::string command = "python3 '" OCTAVO_SOURCE_DIR "/benchmarks/report'";
  for (const json& context : contexts) {
    const std::string file = path + "/" + std::to_string(command.size()) + ".json";
    const json rows = {row("octavo/float32", 500), row("octavo/int8", 200),
                       row("onednn/float32", 480)};
    std::ofstream(file) << json{{"context", context}, {"benchmarks", rows}};
    command += " '" + file + "'";
  }
  CHECK(std::system((command + " >'" + path + "/page.md'").c_str()) == 0);
  std::ifstream page(path + "/page.md");
  std::string text{std::istreambuf_iterator<char>(page), std::istreambuf_iterator<char>()};
  std::ranges::replace(text, '\n', ' ');
  return text;
}

bool claims_avx2(const std::vector<json>& contexts) {
  return contains(page_of(contexts), "had AVX2 and nothing beyond it");
}

}  // namespace

TEST_CASE("performance page: rows and goals") {
  const std::string page = page_of({context("avx2", "AVX2", "Haswell")});
  CHECK(contains(page, "**1 of 1** are met"));
  CHECK(contains(page, "| linear-M16-N768-K768 | 9.4 | 200 | 200 | 480 | 480 | oneDNN |"));
  CHECK(contains(page, "| instruction set | avx2 |"));
  CHECK(contains(page, "| oneDNN | 2.6.3, AVX2 |"));
}

TEST_CASE("performance page: says that all stayed within AVX2 where they did") {
  const json held = context("avx2", "AVX2", "Haswell");
  CHECK(claims_avx2({held}));
  CHECK(claims_avx2({context("avx2", "AVX2", "Zen")}));
  CHECK_FALSE(claims_avx2({context("avx512vnni", "AVX2", "Haswell")}));
  CHECK_FALSE(claims_avx2({context("avx2", "AVX2_VNNI", "Haswell")}));
  CHECK_FALSE(claims_avx2({context("avx2", "AVX2", "Cooperlake")}));
  CHECK_FALSE(claims_avx2({context("avx512vnni", "AVX512_CORE_VNNI", "SkylakeX"), held}));

  json alone = held;
  alone.erase("onednn");
  alone.erase("onednn_isa");
  alone.erase("openblas");
  CHECK(claims_avx2({alone}));
  json silent = held;  // as results were before they told oneDNN's
  silent.erase("onednn_isa");
  CHECK_FALSE(claims_avx2({silent}));
}
