#pragma once

#include <span>

namespace octavo::calib {

/// The Kullback-Leibler divergence of the distribution Q from P in nats, sum of p log(p / q)
/// (S. Kullback and R. Leibler, "On Information and Sufficiency", 1951). `p` and `q` are weights of
/// the same outcomes; each is divided by its total. An outcome without weight in P adds nothing,
/// whatever its weight in Q; one with weight in P and none in Q makes the divergence infinite.
/// Never negative; 0 for equal distributions. Throws Error{invalid_argument} when there are no
/// outcomes or not as many in Q as in P, or a weight is negative or not finite, or a total is 0 or
/// overflows.
double kl_divergence(std::span<const double> p, std::span<const double> q);

}  // namespace octavo::calib
