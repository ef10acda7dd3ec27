#pragma once

#include <span>
#include <string>

#include "tools/measure.hpp"

namespace octavo::tools {

/// Writes runs as Chrome trace events (the Trace Event Format, JSON object form), one thread of the
/// timeline for each: chrome://tracing, Perfetto and speedscope open the file. Times are in
/// microseconds from the start of each run. Throws Error{io}.
void write_trace(const std::string& path, std::span<const ProfiledRun> runs);

}  // namespace octavo::tools
