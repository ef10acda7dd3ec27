#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tools/comparison.hpp"

using namespace octavo;
using tools::LayerMatch;

namespace {

std::vector<LayerInfo> layers(const std::vector<std::string>& names) {
  std::vector<LayerInfo> list;
  for (const std::string& name : names) {
    LayerInfo layer;
    layer.name = name;
    list.push_back(layer);
  }
  return list;
}

/// Each row as the positions in both sessions, "-" for none: "0:0 1:- 2:1".
std::string match(const std::vector<std::string>& first, const std::vector<std::string>& second) {
  const auto a = layers(first);
  const auto b = layers(second);
  const std::vector<std::span<const LayerInfo>> sessions{a, b};
  const auto cell = [](const std::optional<std::size_t>& position) {
    return position ? std::to_string(*position) : std::string("-");
  };
  std::string text;
  for (const LayerMatch& row : tools::match_layers(sessions)) {
    text += (text.empty() ? "" : " ") + cell(row[0]) + ":" + cell(row[1]);
  }
  return text;
}

}  // namespace

TEST_CASE("match_layers: equal plans match one to one") {
  CHECK(match({"a", "b", "c"}, {"a", "b", "c"}) == "0:0 1:1 2:2");
  CHECK(match({}, {}) == "");
}

TEST_CASE("match_layers: a layer that one session lacks keeps its place") {
  CHECK(match({"a", "b", "c"}, {"a", "c"}) == "0:0 1:- 2:1");
  CHECK(match({"a", "c"}, {"a", "b", "c"}) == "0:0 -:1 1:2");
  CHECK(match({"b"}, {"a", "b"}) == "-:0 0:1");
  CHECK(match({"a"}, {"b"}) == "-:0 0:-");
  CHECK(match({}, {"a", "b"}) == "-:0 -:1");
}

TEST_CASE("match_layers: repeated names match in order") {
  CHECK(match({"x", "x", "y"}, {"x", "x"}) == "0:0 1:1 2:-");
  CHECK(match({"x"}, {"x", "x"}) == "0:0 -:1");
}
