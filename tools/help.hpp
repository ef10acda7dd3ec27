#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace octavo::tools {

/// Formats help texts with the descriptions of options broken into lines that fit a terminal.
class HelpFormatter : public CLI::Formatter {
 public:
  [[nodiscard]] std::string make_option_desc(const CLI::Option* option) const override;
};

}  // namespace octavo::tools
