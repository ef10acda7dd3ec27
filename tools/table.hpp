#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace octavo::tools {

enum class Align : std::uint8_t { left, right };

/// Text in columns as wide as their widest cell, two spaces apart.
class Table {
 public:
  /// One heading and alignment per column.
  struct Column {
    std::string heading;
    Align align = Align::right;
  };
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// Adds a row of as many cells as there are columns.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  void print(std::ostream& out) const;

 private:
  void print_row(std::ostream& out, const std::vector<std::string>& cells,
                 const std::vector<std::size_t>& widths) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// A number with three significant digits at least and no exponent: "0.0123", "4.56", "1234".
std::string format_number(double value);

/// A count with a decimal prefix: "21.5 k", "1.82 G".
std::string format_count(std::uint64_t count);

/// The same with "B" for bytes: "86.4 kB".
std::string format_bytes(std::uint64_t bytes);

/// At most `width` characters of a name: the middle gives way to "..".
std::string shorten(const std::string& name, std::size_t width);

}  // namespace octavo::tools
