#include "runtime/graph/range_settings.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "octavo/range_estimator.hpp"

namespace octavo {
namespace {

/// How many characters two names share at their ends, and more where one is part of the other.
std::size_t similarity(std::string_view a, std::string_view b) {
  if (b.find(a) != std::string_view::npos) return a.size() + b.size();
  const std::size_t shorter = std::min(a.size(), b.size());
  const auto prefix =
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(shorter), b.begin());
  const auto suffix =
      std::mismatch(a.rbegin(), a.rbegin() + static_cast<std::ptrdiff_t>(shorter), b.rbegin());
  return static_cast<std::size_t>(prefix.first - a.begin()) +
         static_cast<std::size_t>(suffix.first - a.rbegin());
}

void check_range(const std::string& layer, Range range, ErrorCode code) {
  if (std::isfinite(range.low) && std::isfinite(range.high) && range.low <= range.high) return;
  char ends[64];
  std::snprintf(ends, sizeof ends, "[%g, %g]", static_cast<double>(range.low),
                static_cast<double>(range.high));
  throw Error(code,
              "layer '" + layer + "' has the range " + ends + "; expected finite ends in order");
}

void check_estimator(const std::string& spec, ErrorCode code) {
  try {
    static_cast<void>(make_estimator(spec));
  } catch (const Error& error) {
    throw Error(code, error.what());
  }
}

}  // namespace

void require_layer(std::string_view layer, const std::vector<std::string_view>& known,
                   ErrorCode code) {
  if (std::ranges::find(known, layer) != known.end()) return;
  constexpr std::size_t kListed = 4;
  std::vector<std::string_view> near = known;
  const auto listed = near.begin() + static_cast<std::ptrdiff_t>(std::min(kListed, near.size()));
  std::ranges::partial_sort(near, listed, std::ranges::greater(),
                            [&](std::string_view name) { return similarity(layer, name); });
  std::string text = "no layer '" + std::string(layer) + "' with a range";
  for (auto name = near.begin(); name != listed; ++name) {
    text += name == near.begin() ? "; near it: '" : ", '";
    text += std::string(*name) + "'";
  }
  throw Error(code, text);
}

void check_range_settings(const Graph& graph, ErrorCode code) {
  const RangeSettings& settings = graph.range_settings;
  std::vector<std::string_view> names;
  if (!settings.layer_estimators.empty() || !settings.ranges.empty()) {
    for (const Node& node : graph.nodes) names.push_back(node.name);
    std::ranges::sort(names);
  }
  const auto check_layer = [&](const std::string& layer) {
    if (!std::ranges::binary_search(names, std::string_view(layer))) {
      require_layer(layer, names, code);
    }
  };
  if (!settings.estimator.empty()) check_estimator(settings.estimator, code);
  for (const auto& [layer, spec] : settings.layer_estimators) {
    check_layer(layer);
    check_estimator(spec, code);
  }
  for (const auto& [layer, range] : settings.ranges) {
    check_layer(layer);
    check_range(layer, range, code);
  }
}

}  // namespace octavo
