#include "calib/divergence.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/error.hpp"

#include "tests/support/random.hpp"

namespace octavo::calib {
namespace {

using Weights = std::vector<double>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST_CASE("divergence: by hand") {
  CHECK(kl_divergence(Weights{1.0, 1.0}, Weights{1.0, 3.0}) ==
        doctest::Approx(0.5 * std::log(2.0) + 0.5 * std::log(2.0 / 3.0)));
  CHECK(kl_divergence(Weights{1.0, 0.0}, Weights{1.0, 1.0}) == doctest::Approx(std::log(2.0)));
  CHECK(kl_divergence(Weights{9.0}, Weights{0.1}) == 0.0);
}

TEST_CASE("divergence: weights are divided by their totals") {
  const Weights p{1.0, 2.0, 5.0};
  const Weights q{2.0, 2.0, 1.0};
  const double expected = kl_divergence(p, q);
  CHECK(kl_divergence(Weights{0.5, 1.0, 2.5}, Weights{2e300, 2e300, 1e300}) ==
        doctest::Approx(expected));
}

TEST_CASE("divergence: it is 0 for equal distributions and positive for others") {
  test::Random random(1);
  for (int round = 0; round < 200; ++round) {
    Weights p(1 + static_cast<std::size_t>(random.between(1, 50)));
    Weights q(p.size());
    for (double& weight : p) weight = random.between(0, 20);
    for (double& weight : q) weight = random.between(1, 20);
    p[0] = 21.0;
    CHECK(kl_divergence(p, p) < 1e-14);
    const double divergence = kl_divergence(p, q);
    CHECK(divergence > 0.0);
    // Pinsker's inequality bounds it from below by the distance of the distributions.
    double p_total = 0.0;
    double q_total = 0.0;
    for (const double weight : p) p_total += weight;
    for (const double weight : q) q_total += weight;
    double distance = 0.0;
    for (std::size_t i = 0; i < p.size(); ++i) {
      distance += std::abs(p[i] / p_total - q[i] / q_total);
    }
    CHECK(divergence >= distance * distance / 2.0 - 1e-14);
  }
}

TEST_CASE("divergence: outcomes without weight") {
  CHECK(kl_divergence(Weights{1.0, 0.0, 1.0}, Weights{1.0, 0.0, 1.0}) == 0.0);
  CHECK(kl_divergence(Weights{1.0, 1.0}, Weights{1.0, 0.0}) == kInfinity);
  CHECK(std::isfinite(kl_divergence(Weights{1.0, 0.0}, Weights{1e-300, 1.0})));
  CHECK(kl_divergence(Weights{1.0, 1.0}, Weights{5e-324, 1.0}) ==
        doctest::Approx(-std::log(2.0) - 0.5 * std::log(5e-324)));
}

TEST_CASE("divergence: wrong weights are errors that say what was found") {
  const auto message_of = [](const Weights& p, const Weights& q) -> std::string {
    try {
      kl_divergence(p, q);
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::invalid_argument);
      return error.what();
    }
    return "no error";
  };
  const auto check_refused = [&](const Weights& p, const Weights& q, const std::string& part) {
    const std::string message = message_of(p, q);
    CAPTURE(message);
    CHECK(message.find(part) != std::string::npos);
  };
  check_refused({}, {}, "0 weights of P");
  check_refused({1.0}, {1.0, 2.0}, "1 weights of P and 2 of Q");
  check_refused({1.0, -1.0}, {1.0, 1.0}, "weight 1 of P");
  check_refused({1.0, 1.0}, {std::nan(""), 1.0}, "weight 0 of Q");
  check_refused({1.0, kInfinity}, {1.0, 1.0}, "weight 1 of P");
  check_refused({0.0, 0.0}, {1.0, 1.0}, "of P add up to 0");
  check_refused({1.0, 1.0}, {0.0, 0.0}, "of Q add up to 0");
  check_refused({1.7e308, 1.7e308}, {1.0, 1.0}, "of P add up to inf");
}

}  // namespace
}  // namespace octavo::calib
