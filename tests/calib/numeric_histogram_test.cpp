#include "calib/numeric_histogram.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/error.hpp"

#include "tests/support/random.hpp"

namespace octavo::calib {
namespace {

using Numbers = std::vector<double>;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The fields of a line of numpy_histograms.txt, which make_numpy_histograms describes.
std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields;
  std::size_t begin = line.find(' ') + 1;
  for (std::size_t bar = line.find('|'); bar != std::string::npos; bar = line.find('|', begin)) {
    fields.push_back(line.substr(begin, bar - begin));
    begin = bar + 1;
  }
  fields.push_back(line.substr(begin));
  return fields;
}

Numbers numbers_of(const std::string& field) {
  Numbers numbers;
  std::istringstream words(field);
  for (std::string word; words >> word;) numbers.push_back(std::strtod(word.c_str(), nullptr));
  return numbers;
}

Numbers seeded_values(const std::string& kind, std::uint64_t seed, std::size_t n) {
  test::Random random(seed);
  Numbers x(n);
  for (double& value : x) {
    const std::uint64_t bits = random.bits();
    const double unit = static_cast<double>(bits >> 11U) * 0x1p-53;
    if (kind == "uniform") value = unit;
    if (kind == "lattice") value = static_cast<double>(bits % 41) / 10.0 - 2.0;
    if (kind == "signed") value = (unit - 0.5) * (unit - 0.5) * (unit - 0.5) * 1e3;
    if (kind == "huge") value = (unit - 0.5) * 1e308;
    if (kind == "denormal") value = std::bit_cast<double>(bits >> 12U);
  }
  return x;
}

std::string checksum(const Numbers& x) {
  std::uint64_t sum = 0xCBF29CE484222325U;
  for (const double value : x) {
    sum ^= std::bit_cast<std::uint64_t>(std::isnan(value) ? kNaN : value + 0.0);
    sum *= 0x100000001B3U;
  }
  std::ostringstream text;
  text.width(16);
  text.fill('0');
  text << std::hex << sum;
  return text.str();
}

bool same(const Numbers& a, const Numbers& b) {
  bool equal = a.size() == b.size();
  for (std::size_t i = 0; equal && i < a.size(); ++i) {
    equal = a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]));
  }
  return equal;
}

/// Of the fields that say how, from the one with the bins on.
NumericHistogram histogram_of(const Numbers& x, const Numbers& weights,
                              const std::vector<std::string>& fields) {
  NumericHistogramOptions options;
  options.weights = weights;
  options.density = numbers_of(fields[4])[0] != 0.0;
  const Numbers range = numbers_of(fields[3]);
  if (!range.empty()) options.range = NumericRange{range[0], range[1]};
  const std::size_t edges = fields[2].find("edges ");
  if (edges != std::string::npos) {
    return numeric_histogram(x, numbers_of(fields[2].substr(edges + 6)), options);
  }
  return numeric_histogram(x, static_cast<std::int64_t>(numbers_of(fields[2])[0]), options);
}

bool check_given(const std::vector<std::string>& fields) {
  const Numbers weights = numbers_of(fields[1]);
  const NumericHistogram found = histogram_of(numbers_of(fields[0]), weights, fields);
  return same(found.values, numbers_of(fields[5])) && same(found.edges, numbers_of(fields[6]));
}

bool check_seeded(const std::vector<std::string>& fields) {
  std::istringstream words(fields[0]);
  std::string kind;
  std::uint64_t seed = 0;
  std::size_t size = 0;
  words >> kind >> seed >> size;
  const bool weighted = numbers_of(fields[1])[0] != 0.0;
  const Numbers weights = weighted ? seeded_values("uniform", seed + 1, size) : Numbers{};
  const NumericHistogram found = histogram_of(seeded_values(kind, seed, size), weights, fields);
  return fields[5] == ' ' + checksum(found.values) + ' ' + checksum(found.edges);
}

TEST_CASE("numeric histograms are NumPy's, bit for bit") {
  std::ifstream file(OCTAVO_NUMPY_HISTOGRAMS);
  REQUIRE(file);
  int cases = 0;
  for (std::string line; std::getline(file, line); ++cases) {
    CAPTURE(line);
    try {
      const bool given = line.starts_with("given");
      const auto fields = fields_of(line);
      if (!(given ? check_given(fields) : check_seeded(fields))) FAIL_CHECK("differs");
    } catch (const Error& error) {
      FAIL_CHECK(error.what());
    }
  }
  CHECK(cases > 3000);
}

/// The message of the Error{invalid_argument} that the call throws.
template <class Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::invalid_argument);
    return error.what();
  }
  return "no error";
}

void check_message(const std::string& message, const std::string& part) {
  CAPTURE(message);
  CHECK(message.find("histogram: ") == 0);
  CHECK(message.find(part) != std::string::npos);
}

void check_bins_refused(const Numbers& x, std::int64_t bins, std::optional<NumericRange> range,
                        const std::string& part) {
  check_message(message_of([&] { numeric_histogram(x, bins, {.range = range}); }), part);
}

void check_edges_refused(const Numbers& edges, const std::string& part) {
  check_message(message_of([&] { numeric_histogram(Numbers{1.0}, edges); }), part);
}

TEST_CASE("numeric histograms: wrong arguments are errors that say what was found") {
  check_bins_refused({1.0}, 0, {}, "0 bins");
  check_bins_refused({1.0}, -3, {}, "-3 bins");
  check_bins_refused({1.0}, 3, NumericRange{2.0, 1.0}, "[2, 1], which is reversed");
  check_bins_refused({1.0}, 3, NumericRange{0.0, kInfinity}, "[0, inf]; expected a finite one");
  check_bins_refused({1.0}, 3, NumericRange{kNaN, 1.0}, "expected a finite one");
  check_bins_refused({1.0, kInfinity}, 3, {}, "[1, inf]; expected a finite one");
  check_bins_refused({1.0, kNaN, 0.0}, 3, {}, "NaN among the values");
  check_edges_refused({0.0, 2.0, 1.0}, "edge 2 is below the one before");
  check_edges_refused({0.0, kNaN, 1.0}, "edge 1 is NaN");
  const Numbers weights{1.0, 2.0};
  const auto with_weights = [&](auto bins) {
    return message_of([&] { numeric_histogram(Numbers{1.0}, bins, {.weights = weights}); });
  };
  check_message(with_weights(3), "2 weights for 1 values");
  check_message(with_weights(Numbers{0.0, 1.0}), "2 weights for 1 values");
}

TEST_CASE("numeric histograms: extents that float64 cannot divide are errors") {
  check_bins_refused({-1.7e308, 1.7e308}, 4, {}, "too wide");
  check_bins_refused({0.0, 5e-324}, 4, {}, "too narrow");
  check_bins_refused({0x1p60}, 4, {}, "too narrow");
}

}  // namespace
}  // namespace octavo::calib
