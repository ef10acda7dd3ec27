#include "octavo/error.hpp"

namespace octavo {

Error::~Error() = default;

std::string_view to_string(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid_argument:
      return "invalid_argument";
    case ErrorCode::io:
      return "io";
    case ErrorCode::malformed_file:
      return "malformed_file";
    case ErrorCode::unsupported:
      return "unsupported";
    case ErrorCode::invalid_graph:
      return "invalid_graph";
    case ErrorCode::limit_exceeded:
      return "limit_exceeded";
    case ErrorCode::non_finite:
      return "non_finite";
    case ErrorCode::estimator_failed:
      return "estimator_failed";
  }
  return "unknown";
}

}  // namespace octavo
