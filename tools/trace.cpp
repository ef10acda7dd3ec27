#include "tools/trace.hpp"

#include <cstdint>
#include <fstream>
#include <utility>

#include <nlohmann/json.hpp>

#include "octavo/error.hpp"

#include "tools/options.hpp"

namespace octavo::tools {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kMicrosecond = 1000.0;

Json layer_event(const LayerInfo& layer, std::uint64_t start, std::uint64_t duration,
                 std::size_t thread) {
  return {{"name", layer.name},
          {"cat", layer.op},
          {"ph", "X"},  // an event with a duration
          {"ts", static_cast<double>(start) / kMicrosecond},
          {"dur", static_cast<double>(duration) / kMicrosecond},
          {"pid", 1},
          {"tid", thread},
          {"args",
           {{"operator", layer.op},
            {"kernel", layer.kernel},
            {"output", octavo::to_string(layer.output_shape)},
            {"macs", layer.macs}}}};
}

}  // namespace

void write_trace(const std::string& path, std::span<const ProfiledRun> runs) {
  Json events = Json::array();
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const ProfiledRun& run = runs[i];
    const std::size_t thread = i + 1;
    events.push_back({{"name", "thread_name"},
                      {"ph", "M"},  // metadata
                      {"pid", 1},
                      {"tid", thread},
                      {"args", {{"name", name_of(run.precision)}}}});
    std::uint64_t start = 0;
    for (std::size_t layer = 0; layer < run.layers.size(); ++layer) {
      events.push_back(layer_event(run.layers[layer], start, run.nanoseconds[layer], thread));
      start += run.nanoseconds[layer];
    }
  }
  const Json document{{"traceEvents", std::move(events)}, {"displayTimeUnit", "ns"}};
  std::ofstream file(path);
  file << document.dump(1, ' ', false, Json::error_handler_t::replace) << '\n';
  if (!file.flush()) throw Error(ErrorCode::io, path + ": cannot be written");
}

}  // namespace octavo::tools
