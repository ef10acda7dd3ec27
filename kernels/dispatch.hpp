#pragma once

#include <span>
#include <string_view>

#include "kernels/kernels.hpp"

/// The choice of an instruction set. The list is kernels/isa.def, best first.
namespace octavo::kernels {

struct Isa {
  std::string_view name;
  KernelTable table;
  bool supported;  ///< by this CPU and by the operating system
};

/// All that this build holds, best first; the reference is the last.
std::span<const Isa> isas();

/// The kernels of the named set; an empty name takes $OCTAVO_ISA, or else the best supported one.
/// Throws Error{invalid_argument} listing the names when it is unknown or not supported here.
const KernelTable& select_kernels(std::string_view name);

}  // namespace octavo::kernels
