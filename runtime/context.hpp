#pragma once

#include "octavo/error.hpp"

namespace octavo {

/// Runs `body`. An Error that it throws is passed on with `describe()` and a colon before its text,
/// so that each level of a file or a graph adds where it was.
template <class Describe, class Body>
auto in_context(const Describe& describe, const Body& body) {
  try {
    return body();
  } catch (const Error& error) {
    throw Error(error.code(), describe() + ": " + error.what());
  }
}

}  // namespace octavo
