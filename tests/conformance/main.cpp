#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

#include "tests/conformance/document.hpp"
#include "tests/support/paths.hpp"

/// `octavo_conformance DOCUMENT` runs all cases; fails when one gives a wrong answer or the
/// document is not what they say. `octavo_conformance --write DOCUMENT` writes it.
int main(int argc, char** argv) {
  using namespace octavo::test;
  const bool write = argc == 3 && std::string_view(argv[1]) == "--write";
  if (argc != 2 && !write) {
    std::cerr << "usage: octavo_conformance [--write] DOCUMENT\n";
    return 2;
  }
  const auto data = data_folder();
  if (!data || !std::filesystem::is_directory(*data / "conformance")) {
    report_skipped("conformance", "the test data folder is absent");
    return 0;
  }
  const std::vector<Case> cases = read_cases(*data / "conformance");
  std::vector<Outcome> outcomes;
  bool failed = false;
  for (const Case& test : cases) {
    outcomes.push_back(run_case(test));
    if (outcomes.back().kind != Outcome::Kind::differs) continue;
    std::cout << test.name << ": " << outcomes.back().reason << "\n";
    failed = true;
  }
  const auto passed = std::ranges::count(outcomes, Outcome::Kind::passed, &Outcome::kind);
  std::cout << passed << " of " << cases.size() << " cases pass\n";

  const std::string document = operators_document(cases, outcomes);
  const std::string path = argv[argc - 1];
  if (write) {
    std::ofstream(path) << document;
  } else if (std::ifstream file(path);
             std::string(std::istreambuf_iterator<char>(file), {}) != document) {
    std::cout << path << " is out of date: write it with octavo_conformance --write\n";
    failed = true;
  }
  return failed ? 1 : 0;
}
