#include "octavo/cpu.hpp"

#include <iostream>
#include <string>

#include "tools/commands.hpp"
#include "tools/table.hpp"

namespace octavo::tools {
namespace {

constexpr const char* kDescription =
    "Lists instruction sets: built, supported by this machine, chosen.";

constexpr const char* kFooter =
    "The best one comes first. Chosen is $OCTAVO_ISA, or else the first that is supported.\n\n"
    "Examples:\n"
    "  octavo cpu\n"
    "  OCTAVO_ISA=reference octavo cpu";

void print_instruction_sets() {
  const std::string chosen = default_instruction_set();
  Table table({{"instruction set", Align::left}, {"supported", Align::left}, {"", Align::left}});
  for (const InstructionSet& set : instruction_sets()) {
    table.add({set.name, set.supported ? "yes" : "no", set.name == chosen ? "chosen" : ""});
  }
  table.print(std::cout);
}

}  // namespace

void add_cpu(CLI::App& app) {
  CLI::App& command = *app.add_subcommand("cpu", kDescription);
  command.footer(kFooter);
  command.callback(print_instruction_sets);
}

}  // namespace octavo::tools
