#include "runtime/graph/range_settings.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "octavo/range_estimator.hpp"

namespace octavo {
namespace {

/// How many characters two names share at their ends, and more where one is part of the other.
std::size_t similarity(std::string_view a, std::string_view b) {
  if (b.find(a) != std::string_view::npos) return a.size() + b.size();
  const std::size_t shorter = std::min(a.size(), b.size());
  std::size_t first = 0;
  while (first < shorter && a[first] == b[first]) ++first;
  std::size_t last = 0;
  while (last < shorter && a[a.size() - 1 - last] == b[b.size() - 1 - last]) ++last;
  return first + last;
}

/// The known names that are most like `layer`, for a message.
std::string near_names(std::string_view layer, const std::set<std::string_view>& known) {
  struct Candidate {
    std::size_t similarity = 0;
    std::string_view name;
  };
  Candidate nearest[3];
  for (const std::string_view name : known) {
    Candidate candidate{similarity(layer, name), name};
    for (Candidate& place : nearest) {
      if (candidate.similarity > place.similarity) std::swap(candidate, place);
    }
  }
  std::string text;
  for (const Candidate& candidate : nearest) {
    if (candidate.similarity == 0) continue;
    text += text.empty() ? "; near it: '" : ", '";
    text += candidate.name;
    text += '\'';
  }
  return text;
}

void check_range(const std::string& layer, Range range, ErrorCode code) {
  if (std::isfinite(range.low) && std::isfinite(range.high) && range.low <= range.high) return;
  char ends[96];
  std::snprintf(ends, sizeof ends, "' has the range [%g, %g]; expected finite ends in order",
                static_cast<double>(range.low), static_cast<double>(range.high));
  throw Error(code, "layer '" + layer + ends);
}

void check_estimator(const std::string& spec, ErrorCode code) {
  try {
    static_cast<void>(make_estimator(spec));
  } catch (const Error& error) {
    throw Error(code, error.what());
  }
}

}  // namespace

void require_layer(const std::string& layer, const std::set<std::string_view>& known,
                   ErrorCode code) {
  if (known.contains(layer)) return;
  throw Error(code, "no layer '" + layer + "' with a range" + near_names(layer, known));
}

void check_range_settings(const Graph& graph, ErrorCode code) {
  const RangeSettings& settings = graph.range_settings;
  std::set<std::string_view> names;
  for (const Node& node : graph.nodes) names.insert(node.name);
  if (!settings.estimator.empty()) check_estimator(settings.estimator, code);
  for (const auto& [layer, spec] : settings.layer_estimators) {
    require_layer(layer, names, code);
    check_estimator(spec, code);
  }
  for (const auto& [layer, range] : settings.ranges) {
    require_layer(layer, names, code);
    check_range(layer, range, code);
  }
}

}  // namespace octavo
