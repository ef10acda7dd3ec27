#pragma once

#include "runtime/graph/graph.hpp"

namespace octavo {

/// Checks what every loader and builder must deliver: ids in range, topological order, every value
/// defined once, each node's counts of inputs and outputs, the names and types of its attributes,
/// constants whose bytes fit their shapes, unique names of inputs and outputs. Throws
/// Error{invalid_graph} or Error{unsupported} that names the node.
void check(const Graph& graph);

}  // namespace octavo
