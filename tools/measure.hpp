#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "octavo/session.hpp"

namespace octavo::tools {

/// Median times of one session in microseconds.
struct Timing {
  double total = 0.0;          ///< of a whole run()
  std::vector<double> layers;  ///< by position in Session::layers()
};

/// Times sessions side by side: each of `rounds` rounds runs every session in turn, so that a
/// change of the machine's speed meets all of them. Short runs repeat within a round. Totals are
/// measured apart from the layers, whose clock readings cost time.
std::vector<Timing> measure(std::span<Session> sessions, std::size_t rounds);

/// One profiled run of a session.
struct ProfiledRun {
  Precision precision = Precision::float32;  ///< that the session was planned with
  std::vector<LayerInfo> layers;
  std::vector<std::uint64_t> nanoseconds;  ///< per layer
};

/// Runs a session once more and returns the times of its layers in nanoseconds.
std::vector<std::uint64_t> profile(Session& session);

/// Fills every input with seeded normal numbers, those of integer types with zeros, which are valid
/// as indices.
void fill_inputs(Session& session, std::uint64_t seed);

}  // namespace octavo::tools
