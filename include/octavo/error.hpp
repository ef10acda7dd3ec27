#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "octavo/export.hpp"

namespace octavo {

/// What kind of failure an Error reports; the text says where and why.
enum class ErrorCode {
  invalid_argument,  ///< an option, name, shape or value given by the caller is not acceptable
  io,                ///< a file cannot be opened, mapped, read or written
  malformed_file,    ///< a file's contents break its format
  unsupported,       ///< valid, but an operator, type or attribute that Octavo does not run
  invalid_graph,     ///< a graph whose nodes, types or shapes do not fit together
  limit_exceeded,    ///< a size beyond what Octavo accepts (see the text for the limit)
  non_finite,        ///< an activation to be quantized holds NaN or infinity
  estimator_failed,  ///< a range estimator threw, or its answer is no finite interval
};

/// The stable name of a code, such as "malformed_file".
OCTAVO_EXPORT std::string_view to_string(ErrorCode code) noexcept;

/// The only exception type that Octavo throws on purpose. `what()` names the file, node or tensor,
/// what was found and what was expected.
class OCTAVO_EXPORT Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ~Error() override;

  [[nodiscard]] ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

}  // namespace octavo
