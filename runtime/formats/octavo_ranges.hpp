#pragma once

#include <map>
#include <string>

#include "octavo/model.hpp"

/// The range settings of a model in the metadata of its file (docs/model-file.md).
namespace octavo::formats {

using Metadata = std::map<std::string, std::string>;

/// Throws Error{malformed_file} for a range that is not two numbers. What the settings mean for the
/// graph is left to check_range_settings.
RangeSettings decode_range_settings(const Metadata& metadata);

void encode_range_settings(const RangeSettings& settings, Metadata& metadata);

}  // namespace octavo::formats
