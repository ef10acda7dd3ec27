#include "calib/divergence.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>

#include "octavo/error.hpp"

namespace octavo::calib {
namespace {

[[noreturn]] void fail(const std::string& message) {
  throw Error(ErrorCode::invalid_argument, "divergence: " + message);
}

double total_of(std::span<const double> weights, const char* name) {
  double total = 0.0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!std::isfinite(weights[i]) || weights[i] < 0.0) {
      fail("weight " + std::to_string(i) + " of " + name + " is " + std::to_string(weights[i]) +
           "; expected a finite one of at least 0");
    }
    total += weights[i];
  }
  if (!std::isfinite(total) || total == 0.0) {
    fail(std::string("the weights of ") + name + " add up to " + std::to_string(total));
  }
  return total;
}

}  // namespace

double kl_divergence(std::span<const double> p, std::span<const double> q) {
  if (p.size() != q.size() || p.empty()) {
    fail("found " + std::to_string(p.size()) + " weights of P and " + std::to_string(q.size()) +
         " of Q; expected as many, and at least one");
  }
  const double p_total = total_of(p, "P");
  const double q_total = total_of(q, "Q");
  double divergence = 0.0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    const double probability = p[i] / p_total;
    if (probability == 0.0) continue;
    if (q[i] == 0.0) return std::numeric_limits<double>::infinity();
    // Apart: quotients of probabilities can overflow.
    divergence += probability * (std::log(p[i]) - std::log(q[i]));
  }
  return std::max(0.0, divergence - std::log(p_total) + std::log(q_total));
}

}  // namespace octavo::calib
