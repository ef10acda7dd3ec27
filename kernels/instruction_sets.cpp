#include "octavo/cpu.hpp"

#include "kernels/dispatch.hpp"

namespace octavo {

std::vector<InstructionSet> instruction_sets() {
  std::vector<InstructionSet> sets;
  for (const kernels::Isa& isa : kernels::isas()) {
    sets.push_back({std::string(isa.name), isa.supported});
  }
  return sets;
}

std::string default_instruction_set() {
  return kernels::select_kernels({}).name;
}

}  // namespace octavo
