#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "octavo/export.hpp"

namespace octavo {

/// One instruction set that this build has kernels for.
struct InstructionSet {
  std::string name;  ///< as OCTAVO_ISA and SessionOptions::isa take it
  bool supported;    ///< whether this CPU and operating system can run it
};

/// Every instruction set of this build, best first; "reference" is the last and always supported.
OCTAVO_EXPORT std::vector<InstructionSet> instruction_sets();

/// The name that a session uses by default: $OCTAVO_ISA, or else the best that is supported. Throws
/// Error{invalid_argument} that lists the names when $OCTAVO_ISA is unknown or unsupported.
OCTAVO_EXPORT std::string default_instruction_set();

}  // namespace octavo
