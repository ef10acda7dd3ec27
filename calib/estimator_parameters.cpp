#include "calib/estimator_parameters.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>
#include <system_error>

#include "octavo/error.hpp"
#include "octavo/range_estimator.hpp"

namespace octavo::calib {
namespace {

/// Whether all of `text` is one number, stored in `value`.
template <class T>
bool parse(std::string_view text, T& value) {
  const char* end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data(), end, value);
  return status == std::errc() && stop == end;
}

}  // namespace

EstimatorParameters::EstimatorParameters(std::string_view spec) : spec_(spec) {
  const std::size_t colon = spec.find(':');
  name_ = spec.substr(0, colon);
  if (colon == std::string_view::npos) return;
  std::string_view rest = spec.substr(colon + 1);
  for (std::size_t comma = rest.find(','); comma != std::string_view::npos;
       comma = rest.find(',')) {
    add(rest.substr(0, comma));
    rest.remove_prefix(comma + 1);
  }
  add(rest);
}

void EstimatorParameters::add(std::string_view part) {
  const std::size_t equals = part.find('=');
  if (equals == std::string_view::npos || equals == 0 || equals + 1 == part.size()) {
    fail("found \"" + std::string(part) + "\"; expected key=value");
  }
  const std::string_view key = part.substr(0, equals);
  for (const Parameter& other : parameters_) {
    if (other.key == key) fail("parameter \"" + other.key + "\" is given twice");
  }
  parameters_.push_back({std::string(key), std::string(part.substr(equals + 1))});
}

std::size_t EstimatorParameters::whole_number(std::string_view key, std::size_t fallback,
                                              std::size_t low, std::size_t high) {
  const std::string* text = read(key);
  if (text == nullptr) return fallback;
  std::size_t value = 0;
  if (!parse(*text, value) || value < low || value > high) {
    fail(std::string(key) + " is \"" + *text + "\"; expected a whole number from " +
         std::to_string(low) + " to " + std::to_string(high));
  }
  return value;
}

double EstimatorParameters::number(std::string_view key, double fallback, double above,
                                   double high) {
  const std::string* text = read(key);
  if (text == nullptr) return fallback;
  double value = 0.0;
  // Written so that NaN, which from_chars accepts, fails the comparison.
  if (!parse(*text, value) || !(value > above && value <= high)) {
    std::ostringstream message;
    message << key << " is \"" << *text << "\"; expected a number above " << above
            << " and at most " << high;
    fail(message.str());
  }
  return value;
}

std::string EstimatorParameters::word(std::string_view key,
                                      std::initializer_list<std::string_view> known) {
  const std::string* text = read(key);
  if (text == nullptr) return std::string(*known.begin());
  if (std::ranges::find(known, *text) == known.end()) {
    fail(std::string(key) + " is \"" + *text +
         "\"; known: " + comma_separated({known.begin(), known.end()}));
  }
  return *text;
}

std::size_t EstimatorParameters::sample_size() {
  const std::string* text = read("sample");
  if (text == nullptr || *text == "auto") return kAutomaticSample;
  std::size_t value = 0;
  if (!parse(*text, value) || value > kMaxSampleSize) {
    fail("sample is \"" + *text + "\"; expected auto or a whole number from 0 to " +
         std::to_string(kMaxSampleSize));
  }
  return value;
}

void EstimatorParameters::require_all_read() const {
  for (const Parameter& parameter : parameters_) {
    if (parameter.read) continue;
    fail("unknown parameter \"" + parameter.key + "\"; " +
         (known_keys_.empty() ? "it takes none" : "known: " + comma_separated(known_keys_)));
  }
}

const std::string* EstimatorParameters::read(std::string_view key) {
  known_keys_.emplace_back(key);
  for (Parameter& parameter : parameters_) {
    if (parameter.key != key) continue;
    parameter.read = true;
    return &parameter.value;
  }
  return nullptr;
}

void EstimatorParameters::fail(const std::string& message) const {
  throw Error(ErrorCode::invalid_argument, "range estimator \"" + spec_ + "\": " + message);
}

std::string comma_separated(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

}  // namespace octavo::calib
