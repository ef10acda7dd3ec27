#include "kernels/dispatch.hpp"

#include <cstdlib>
#include <string>

#include "octavo/error.hpp"

#include "kernels/cpu.hpp"

namespace octavo::kernels {

#define OCTAVO_ISA(id, floats, name, requirement) \
  extern const FloatKernels floats##_floats;      \
  extern const Int8Kernels id##_int8;
#include "kernels/isa.def"
#undef OCTAVO_ISA

namespace {

[[noreturn]] void throw_unusable(std::string_view name, std::string_view reason) {
  std::string message =
      "instruction set '" + std::string(name) + "' is " + std::string(reason) + "; this build has:";
  for (const Isa& isa : isas()) {
    message += ' ';
    message += isa.name;
    if (!isa.supported) message += " (not supported here)";
  }
  throw Error(ErrorCode::invalid_argument, message);
}

const KernelTable& best_supported() {
  for (const Isa& isa : isas()) {
    if (isa.supported) return isa.table;
  }
  std::abort();  // the reference is always supported
}

}  // namespace

std::span<const Isa> isas() {
  static const CpuFeatures cpu = detect_cpu_features();
#define OCTAVO_ISA(id, floats, name, requirement) \
  Isa{name, {floats##_floats, id##_int8, name}, requirement},
  static const Isa list[] = {
#include "kernels/isa.def"
  };
#undef OCTAVO_ISA
  return list;
}

const KernelTable& select_kernels(std::string_view name) {
  if (name.empty()) {
    const char* forced = std::getenv("OCTAVO_ISA");
    if (forced == nullptr || *forced == '\0') return best_supported();
    name = forced;
  }
  for (const Isa& isa : isas()) {
    if (isa.name != name) continue;
    if (!isa.supported) throw_unusable(name, "not supported by this CPU or operating system");
    return isa.table;
  }
  throw_unusable(name, "unknown");
}

}  // namespace octavo::kernels
