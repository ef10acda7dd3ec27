#pragma once

#include <string>
#include <string_view>

#include "octavo/model.hpp"

/// The range settings of a model as JSON, in the metadata of its file (docs/model-file.md).
namespace octavo::formats {

inline constexpr const char* kRangesKey = "octavo.ranges";

/// Throws Error{malformed_file} for what is no such JSON, and Error{unsupported} for another
/// version. What the settings mean for the graph is left to check_range_settings.
RangeSettings decode_range_settings(std::string_view text);

/// Throws Error{invalid_graph} when a name is not UTF-8.
std::string encode_range_settings(const RangeSettings& settings);

}  // namespace octavo::formats
