#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "octavo/export.hpp"

namespace octavo {

/// How long one way of computing a layer took.
struct MethodTime {
  std::string method;  ///< "float32", "float32 winograd", "int8" or "int8 winograd"
  std::uint64_t nanoseconds = 0;
};

/// What Precision::automatic found to be the fastest method of each kind of layer (docs/tuning.md).
/// A choice holds for layers of the same operator, shapes and attributes, in sessions of the same
/// instruction set, number of threads, scheme and range scope; others do not see it. So one value
/// may serve many models and machines. A plain value: copies are independent.
class OCTAVO_EXPORT Tuning {
 public:
  /// Reads what `save` wrote. Throws Error{io}, and Error{malformed_file} that names the line.
  static Tuning load(const std::filesystem::path& path);

  /// Replaces the file in one step: readers see the old contents or the new ones.
  void save(const std::filesystem::path& path) const;

  /// Takes the choices of `other` as well; where both have one, that of `other` holds.
  void merge(const Tuning& other);

  /// How many choices there are.
  [[nodiscard]] std::size_t size() const noexcept { return choices_.size(); }

 private:
  friend class MethodChooser;
  /// What was measured, the chosen method first, by condition and kind of layer.
  std::map<std::string, std::vector<MethodTime>, std::less<>> choices_;
};

}  // namespace octavo
