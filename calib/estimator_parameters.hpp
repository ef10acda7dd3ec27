#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace octavo::calib {

/// The parsed form of an estimator's specification, "name" or "name:key=value,key=value". Factories
/// read the keys that they know; what is then left unread is an error. Every error is an
/// Error{invalid_argument} that quotes the specification.
class EstimatorParameters {
 public:
  /// Throws when the parameter list has an empty part, a part without a key or value, or a key
  /// twice.
  explicit EstimatorParameters(std::string_view spec);

  [[nodiscard]] std::string_view name() const noexcept { return name_; }

  /// The whole number of `key`, in [low, high]; `fallback` when it is not given.
  std::size_t whole_number(std::string_view key, std::size_t fallback, std::size_t low,
                           std::size_t high);

  /// The number of `key`, in (above, high]; `fallback` when it is not given.
  double number(std::string_view key, double fallback, double above, double high);

  /// The word of `key`, one of `known`; the first of them when it is not given.
  std::string word(std::string_view key, std::initializer_list<std::string_view> known);

  /// The number of values of "sample", or "auto" (StatisticsRequest::sample_size).
  std::size_t sample_size();

  /// Throws when a key was given that no read asked for, and lists those that were.
  void require_all_read() const;

 private:
  struct Parameter {
    std::string key;
    std::string value;
    bool read = false;
  };

  void add(std::string_view part);
  const std::string* read(std::string_view key);
  [[noreturn]] void fail(const std::string& message) const;

  std::string spec_;
  std::string name_;
  std::vector<Parameter> parameters_;
  std::vector<std::string> known_keys_;
};

/// "a, b, c"
std::string comma_separated(const std::vector<std::string>& words);

}  // namespace octavo::calib
