#pragma once

#include <set>
#include <string>
#include <string_view>

#include "octavo/error.hpp"

#include "runtime/graph/graph.hpp"

namespace octavo {

/// Throws Error{code} for an estimator that make_estimator refuses, a layer that is no node of the
/// graph, and a range that is no finite interval.
void check_range_settings(const Graph& graph, ErrorCode code);

/// Throws Error{code} that names the most similar of the known layers when `layer` is none of them.
void require_layer(const std::string& layer, const std::set<std::string_view>& known,
                   ErrorCode code);

}  // namespace octavo
