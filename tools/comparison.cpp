#include "tools/comparison.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace octavo::tools {
namespace {

constexpr std::array kPrecisions{Precision::float32, Precision::int8, Precision::automatic};
constexpr std::uint64_t kInputSeed = 1;

std::vector<Session> plan(const Model& model, SessionOptions options) {
  std::vector<Session> sessions;
  for (const Precision precision : kPrecisions) {
    options.precision = precision;
    fill_inputs(sessions.emplace_back(model, options), kInputSeed);
  }
  return sessions;
}

}  // namespace

std::vector<LayerMatch> match_layers(std::span<const std::span<const LayerInfo>> sessions) {
  struct Row {
    std::string_view name;
    LayerMatch match;
  };
  std::vector<Row> rows;
  for (std::size_t s = 0; s < sessions.size(); ++s) {
    std::size_t next = 0;  // the row after the one that this session's last layer went to
    for (std::size_t i = 0; i < sessions[s].size(); ++i) {
      const std::string_view name = sessions[s][i].name;
      auto row = std::ranges::find_if(
          rows, [&](const Row& r) { return r.name == name && !r.match[s].has_value(); });
      if (row == rows.end()) {
        row = rows.insert(rows.begin() + static_cast<std::ptrdiff_t>(next),
                          {name, LayerMatch(sessions.size())});
      }
      row->match[s] = i;
      next = static_cast<std::size_t>(row - rows.begin()) + 1;
    }
  }
  std::vector<LayerMatch> matches;
  for (Row& row : rows) matches.push_back(std::move(row.match));
  return matches;
}

Comparison compare_precisions(const Model& model, const SessionOptions& options,
                              std::size_t rounds) {
  std::vector<Session> sessions = plan(model, options);
  const std::vector<Timing> timings = measure(sessions, rounds);
  std::vector<std::span<const LayerInfo>> layers;
  for (const Session& session : sessions) layers.emplace_back(session.layers());

  Comparison comparison;
  for (std::size_t i = 0; i < sessions[0].input_count(); ++i) {
    const TensorView input = sessions[0].input(i);
    comparison.inputs.push_back({std::string(input.name()), input.type(), input.shape()});
  }
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    comparison.runs.push_back({kPrecisions[i], sessions[i].layers(), profile(sessions[i])});
  }
  comparison.float32_us = timings[0].total;
  comparison.int8_us = timings[1].total;
  comparison.automatic_us = timings[2].total;
  for (const LayerInfo& layer : layers[0]) comparison.macs += layer.macs;
  for (const LayerMatch& match : match_layers(layers)) {
    const auto present = static_cast<std::size_t>(
        std::ranges::find_if(match, &std::optional<std::size_t>::has_value) - match.begin());
    const LayerInfo& info = layers[present][*match[present]];
    LayerComparison row{info.name, info.op, info.macs, {}, {}, {}};
    if (match[0]) row.float32_us = timings[0].layers[*match[0]];
    if (match[1]) row.int8_us = timings[1].layers[*match[1]];
    if (match[2]) row.automatic = layers[2][*match[2]];
    comparison.layers.push_back(std::move(row));
  }
  return comparison;
}

}  // namespace octavo::tools
