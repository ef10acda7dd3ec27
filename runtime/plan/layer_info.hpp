#pragma once

#include <vector>

#include "octavo/session.hpp"

#include "runtime/graph/graph.hpp"
#include "runtime/ops/operator.hpp"

namespace octavo {

/// What a session reports of a node. `channels_last` says per value whether its shape was moved.
LayerInfo describe_layer(const Graph& graph, const Node& node,
                         const std::vector<bool>& channels_last, bool quantizable,
                         const Step& step);

}  // namespace octavo
