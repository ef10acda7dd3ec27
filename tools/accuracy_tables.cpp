#include "tools/accuracy_tables.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string>

#include "tools/options.hpp"
#include "tools/table.hpp"

namespace octavo::tools {
namespace {

constexpr std::size_t kNameWidth = 32;
constexpr const char* kNothing = "-";

template <class... Values>
std::string format(const char* pattern, Values... values) {
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), pattern, values...);
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string decibels(double db) {
  return std::isinf(db) && db > 0 ? "exact" : format("%.1f", db);
}

std::string percent(std::optional<double> share) {
  return share ? format("%.2f %%", 100.0 * *share) : kNothing;
}

/// A share that may be tiny: two significant digits.
std::string small_percent(std::uint64_t part, std::uint64_t whole) {
  if (part == 0) return "0";
  return format("%.2g %%", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string clipped_cell(const LayerReport& layer, const LayerAccuracy& accuracy) {
  if (!accuracy.activation) return kNothing;
  return small_percent(accuracy.activation->clipped, layer.activation->total());
}

void print_layers(std::ostream& out, const AccuracyReport& report, std::size_t configuration) {
  Table table({{"layer", Align::left},
               {"operator", Align::left},
               {"precision", Align::left},
               {"SQNR dB"},
               {"cosine"},
               {"largest error"},
               {"clipped"},
               {"float32 us"},
               {"int8 us"}});
  for (const LayerReport& layer : report.layers) {
    const LayerAccuracy& accuracy = layer.int8[configuration];
    const ErrorStatistics& error = accuracy.error;
    const bool compared = error.count() > 0;
    table.add({shorten(layer.info.name, kNameWidth), layer.info.op, name_of(layer.info.precision),
               compared ? decibels(error.sqnr_db()) : kNothing,
               compared ? format("%.6f", error.cosine()) : kNothing,
               compared ? format("%.3g", error.largest()) : kNothing, clipped_cell(layer, accuracy),
               format_number(layer.float32_us), format_number(accuracy.us)});
  }
  table.print(out);
}

/// The share of the values that all layers together clip.
std::string clipped_in_total(const AccuracyReport& report, std::size_t configuration) {
  std::uint64_t clipped = 0;
  std::uint64_t total = 0;
  for (const LayerReport& layer : report.layers) {
    if (!layer.activation) continue;
    clipped += layer.int8[configuration].activation->clipped;
    total += layer.activation->total();
  }
  return total == 0 ? kNothing : small_percent(clipped, total);
}

/// The outputs in one precision: how far they are from float32's, and from what is expected.
class OutputTable {
 public:
  explicit OutputTable(const OutputReport& output)
      : labelled_(output.float32.right.has_value()),
        referenced_(output.float32.with_reference.has_value()),
        table_(columns()) {}

  void add(const std::string& estimator, const std::string& scheme, const OutputAccuracy& accuracy,
           const std::string& clipped, double us) {
    const ErrorStatistics& error = accuracy.with_float32.error();
    const bool compared = error.count() > 0;
    std::vector<std::string> row{estimator,
                                 scheme,
                                 compared ? decibels(error.sqnr_db()) : kNothing,
                                 compared ? format("%.6f", error.cosine()) : kNothing,
                                 compared ? format("%.3g", error.largest()) : kNothing,
                                 clipped,
                                 percent(accuracy.with_float32.top1())};
    if (labelled_) row.push_back(percent(accuracy.right));
    if (referenced_) {
      row.push_back(percent(accuracy.with_reference->top1()));
      row.push_back(format("%.6f", accuracy.with_reference->mean_cosine()));
    }
    row.push_back(format_number(us));
    table_.add(std::move(row));
  }

  void print(std::ostream& out) const { table_.print(out); }

 private:
  [[nodiscard]] std::vector<Table::Column> columns() const {
    std::vector<Table::Column> columns{{"estimator", Align::left},
                                       {"scheme", Align::left},
                                       {"SQNR dB"},
                                       {"cosine"},
                                       {"largest error"},
                                       {"clipped"},
                                       {"same top-1"}};
    if (labelled_) columns.push_back({"top-1"});
    if (referenced_) {
      columns.push_back({"reference top-1"});
      columns.push_back({"reference cosine"});
    }
    columns.push_back({"us"});
    return columns;
  }

  bool labelled_;
  bool referenced_;
  Table table_;
};

void print_output(std::ostream& out, const AccuracyReport& report, const OutputReport& output) {
  OutputTable table(output);
  table.add("float32", "", output.float32, kNothing, report.float32_us);
  for (std::size_t c = 0; c < report.configurations.size(); ++c) {
    const Configuration& configuration = report.configurations[c];
    table.add(configuration.estimator, name_of(configuration.scheme), output.int8[c],
              clipped_in_total(report, c), report.int8_us[c]);
  }
  table.print(out);
}

}  // namespace

void print_tables(std::ostream& out, const AccuracyReport& report) {
  for (std::size_t c = 0; c < report.configurations.size(); ++c) {
    const Configuration& configuration = report.configurations[c];
    out << "\nlayers, " << configuration.estimator << ' ' << name_of(configuration.scheme) << '\n';
    print_layers(out, report, c);
  }
  for (const OutputReport& output : report.outputs) {
    out << "\noutput " << output.info.name << ' ' << octavo::to_string(output.info.shape) << '\n';
    print_output(out, report, output);
  }
}

}  // namespace octavo::tools
