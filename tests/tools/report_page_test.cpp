#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/support/paths.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/tools/command.hpp"

using namespace octavo::test;

namespace {

constexpr const char* kData = R"(<script id="data" type="application/json">)";
constexpr const char* kEnd = "</script>";

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

/// The page of the digits example with a few images.
std::string digits_page(const std::string& model, const TemporaryFolder& folder) {
  write_images(folder.path(), 20);
  const std::string path = folder.path().string();
  success("compare '" + model + "' --rounds 1 --input-dir " + path + " --report " + path +
          "/page.html");
  return read(folder.path() / "page.html");
}

nlohmann::ordered_json document_in(const std::string& page) {
  const std::size_t begin = page.find(kData) + std::string(kData).size();
  return nlohmann::ordered_json::parse(page.substr(begin, page.find(kEnd, begin) - begin));
}

/// What Chromium makes of a page, without its scripts and style, and its log.
struct Rendered {
  std::string body;
  std::string log;
};

bool can_render() {
  if (std::system("command -v chromium >/dev/null") == 0) return true;
  report_skipped("report page in a browser", "chromium is not installed");
  return false;
}

Rendered render(const std::string& page, const std::string& window) {
  const TemporaryFolder folder;
  const std::string path = folder.path().string();
  std::ofstream(folder.path() / "page.html") << page;
  const std::string command =
      "timeout 120 chromium --headless --no-sandbox --disable-gpu --user-data-dir=" + path +
      "/profile --enable-logging=stderr --virtual-time-budget=5000 --window-size=" + window +
      " --dump-dom file://" + path + "/page.html >" + path + "/dom 2>" + path + "/log";
  CHECK(std::system(command.c_str()) == 0);
  const std::string dom = read(folder.path() / "dom");
  const std::size_t begin = dom.find("<body>");
  REQUIRE(begin != std::string::npos);
  return {dom.substr(begin, dom.find(kData) - begin), read(folder.path() / "log")};
}

}  // namespace

TEST_CASE("report page: one file without references to others") {
  const TemporaryFolder folder;
  const std::string page = digits_page(digits_file("digits.onnx"), folder);
  CHECK(page.starts_with("<!DOCTYPE html>"));
  CHECK(count(page, "<style>") == 1);
  for (const char* reference : {"src=", "<link", "@import", "https:"}) {
    CHECK_FALSE(contains(page, reference));
  }
  CHECK(document_in(page).at("layers").size() > 3);
  CHECK(contains(failure("compare " + digits_file("digits.onnx") + " --rounds 1 --estimator max " +
                         "--input-dir " + folder.path().string() + " --report /does/not/exist"),
                 "/does/not/exist"));
}

TEST_CASE("report page: a browser draws every table and chart without a complaint") {
  if (!can_render()) return;
  const TemporaryFolder folder;
  const std::string page = digits_page(digits_file("digits.onnx"), folder);
  const auto document = document_in(page);
  const Rendered rendered = render(page, "1200,9000");
  CHECK_FALSE(contains(rendered.log, "CONSOLE"));
  CHECK(count(rendered.body, "<table") == 2);
  const std::size_t configurations = document.at("configurations").size();
  CHECK(count(rendered.body, "<tr") ==
        2 + 1 + configurations + document.at("layers").size());  // headings, float32
  CHECK(count(rendered.body, "<article") == 3);
  CHECK(count(rendered.body, "class=\"original\" d=\"M") == 3);
  CHECK(count(rendered.body, "class=\"quantized\" d=\"M") == 3);
  CHECK(count(rendered.body, "class=\"bar\"") == 3 * configurations);
  CHECK(count(rendered.body, "class=\"line\" d=\"M") == 1);
  CHECK(count(rendered.body, "class=\"other\" d=\"M") == configurations - 1);
  CHECK_FALSE(contains(rendered.body, "NaN"));
  CHECK_FALSE(contains(rendered.body, "undefined"));
}

TEST_CASE("report page: a hundred layers, of which it draws those in sight") {
  if (!can_render()) return;
  const TemporaryFolder folder;
  std::string page = digits_page(digits_file("digits.onnx"), folder);
  auto document = document_in(page);
  nlohmann::ordered_json conv;
  for (const auto& layer : document.at("layers")) {
    if (!layer.at("activation").is_null()) conv = layer;
  }
  document["layers"] = nlohmann::ordered_json::array();
  for (int i = 0; i < 100; ++i) {
    conv["name"] = "layer " + std::to_string(i);
    document["layers"].push_back(conv);
  }
  const std::size_t begin = page.find(kData) + std::string(kData).size();
  page.replace(begin, page.find(kEnd, begin) - begin, document.dump());
  const Rendered rendered = render(page, "1200,5500");
  CHECK_FALSE(contains(rendered.log, "CONSOLE"));
  CHECK(count(rendered.body, "<article") == 100);
  const std::size_t drawn = count(rendered.body, "class=\"original\"");
  CHECK(drawn > 0);
  CHECK(drawn < 20);
}

TEST_CASE("report page: hostile names stay text") {
  const TemporaryFolder folder;
  // A slash makes a folder of the part before it.
  std::filesystem::create_directories(folder.path() / "a<!--<script><");
  const std::string name =
      (folder.path() / "a<!--<script><" / "script><img src=x onerror=alert(1)>").string();
  std::filesystem::copy_file(digits_file("digits.onnx"), name);
  const std::string page = digits_page(name, folder);
  CHECK(document_in(page).at("model") == name);
  CHECK_FALSE(contains(page, "<img"));
  if (!can_render()) return;
  const Rendered rendered = render(page, "1200,900");
  CHECK_FALSE(contains(rendered.log, "CONSOLE"));
  CHECK_FALSE(contains(rendered.body, "<img"));
  CHECK(contains(rendered.body, "&lt;img src=x onerror=alert(1)&gt;"));
  CHECK(count(rendered.body, "<table") == 2);
}
