#include "tools/table.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

namespace octavo::tools {

void Table::print(std::ostream& out) const {
  std::vector<std::string> headings;
  std::vector<std::size_t> widths;
  for (const Column& column : columns_) {
    headings.push_back(column.heading);
    widths.push_back(column.heading.size());
  }
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  print_row(out, headings, widths);
  for (const auto& row : rows_) print_row(out, row, widths);
}

void Table::print_row(std::ostream& out, const std::vector<std::string>& cells,
                      const std::vector<std::size_t>& widths) const {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string padding(widths[i] - cells[i].size(), ' ');
    if (i > 0) line += "  ";
    line += columns_[i].align == Align::left ? cells[i] + padding : padding + cells[i];
  }
  line.erase(line.find_last_not_of(' ') + 1);
  out << line << '\n';
}

std::string format_number(double value) {
  const double magnitude = std::abs(value);
  const int decimals = magnitude >= 100 || magnitude == 0 ? 0
                       : magnitude >= 10                  ? 1
                       : magnitude >= 1                   ? 2
                       : magnitude >= 0.1                 ? 3
                                                          : 4;
  std::array<char, 400> text{};  // the longest double has 309 digits
  const int length = std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string format_count(std::uint64_t count) {
  constexpr std::array<std::string_view, 5> kPrefixes{"", " k", " M", " G", " T"};
  auto value = static_cast<double>(count);
  std::size_t prefix = 0;
  for (; value >= 999.5 && prefix + 1 < kPrefixes.size(); ++prefix) value /= 1000;
  if (prefix == 0) return std::to_string(count);
  return format_number(value) + std::string(kPrefixes[prefix]);
}

std::string format_bytes(std::uint64_t bytes) {
  return format_count(bytes) + (bytes < 1000 ? " B" : "B");
}

std::string shorten(const std::string& name, std::size_t width) {
  if (name.size() <= width) return name;
  const std::size_t tail = (width - 2) * 2 / 3;  // endings tell layers apart better
  return name.substr(0, width - 2 - tail) + ".." + name.substr(name.size() - tail);
}

}  // namespace octavo::tools
