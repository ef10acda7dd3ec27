#pragma once

#include <ostream>

#include "tools/accuracy.hpp"

namespace octavo::tools {

/// Prints, for each configuration, a table of its layers, then one of the outputs in all
/// configurations with their times.
void print_tables(std::ostream& out, const AccuracyReport& report);

}  // namespace octavo::tools
