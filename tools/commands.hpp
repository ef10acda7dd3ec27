#pragma once

#include <CLI/CLI.hpp>

/// The subcommands. Each adds itself to the application: its options, its help and its callback,
/// which does the work and throws on failure.
namespace octavo::tools {

void add_run(CLI::App& app);
void add_bench(CLI::App& app);
void add_compare(CLI::App& app);
void add_inspect(CLI::App& app);
void add_quantize(CLI::App& app);
void add_calibrate(CLI::App& app);
void add_tune(CLI::App& app);
void add_cpu(CLI::App& app);

}  // namespace octavo::tools
