// Weights that no chain holds, as the sum of those that it does and a few groups.
#include <algorithm>
#include <cstdlib>

#include "kernels/chain_condition.hpp"
#include "kernels/chain_split.hpp"
#include "tests/kernels/int8_problem.hpp"

using namespace octavo::kernels;
using octavo::test::check_int8;
using octavo::test::Convolution;
using octavo::test::Int8Problem;
using octavo::test::Random;

namespace {

/// Mostly small weights, and one in `rarity` of any size.
void fill_with_outliers(Int8Problem& problem, int rarity, std::uint64_t seed) {
  Random random(seed);
  for (std::int8_t& w : problem.weights) {
    const bool outlier = random.between(1, rarity) == 1;
    w = static_cast<std::int8_t>(outlier ? random.between(-128, 127) : random.between(-25, 25));
  }
}

bool fits_everywhere(std::span<const std::int8_t> w, std::size_t depth, std::size_t length) {
  for (std::size_t begin = 0; begin < w.size(); begin += depth) {
    if (!fits_chain(w.subspan(begin, depth), length)) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("residual: both parts add up and meet their conditions") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    const std::size_t depth = 1 + seed % 53;
    const WeightShape panel{1 + seed % 16, 1 + seed % 3, depth};
    Random random(seed);
    std::vector<std::int8_t> w(panel.size());
    // The last seeds are as bad as weights can be: two parts do not always hold them then.
    const bool any = seed >= 40;
    const int reach = any ? 127 : 20 + 2 * static_cast<int>(seed);
    for (std::int8_t& x : w) x = static_cast<std::int8_t>(random.between(-reach, reach));
    for (std::size_t length = 1; length <= 4; ++length) {
      CAPTURE(length);
      const ChainSplit split = split_for_chain(w, panel, length);
      if (!any) CHECK(fits_everywhere(split.chained, depth, length));
      CHECK(fits_everywhere(split.residual, depth, 1));
      CHECK(std::ranges::is_sorted(split.groups));
      const std::size_t groups = (depth + kGroup - 1) / kGroup;
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < w.size(); ++i) {
        wrong += split.chained[i] + split.residual[i] == w[i] ? 0 : 1;
        if (split.residual[i] == 0) continue;
        const std::size_t segment = i / depth % panel.segments;
        const auto group = static_cast<std::uint32_t>(segment * groups + i % depth / kGroup);
        wrong += std::ranges::binary_search(split.groups, group) ? 0 : 1;
      }
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("residual: a panel that meets the condition keeps all its groups") {
  const std::vector<std::int8_t> w(16 * 64, 31);
  CHECK(split_for_chain(w, {16, 1, 64}, 4).groups.empty());
}

TEST_CASE("residual: products with outliers are exact") {
  for (const std::size_t m : {1U, 2U, 3U, 6U, 7U, 30U}) {
    for (const int rarity : {2000, 300, 100}) {
      CAPTURE(m);
      CAPTURE(rarity);
      Int8Problem problem(m, 37, 203, m);
      fill_with_outliers(problem, rarity, 5);
      problem.quantizations[0].zero_point = 37;
      const PackedInt8 packed(problem.weights, problem.shape);
      CHECK(packed.residual_groups() > 0);
      check_int8(problem);
    }
  }
}

TEST_CASE("residual: convolutions by segments and gathered") {
  for (const bool gathered : {false, true}) {
    CAPTURE(gathered);
    const Convolution conv{.images = 2,
                           .height = 9,
                           .width = 7,
                           .channels = 21,
                           .kernel_height = 3,
                           .kernel_width = 3,
                           .stride = 2};
    Int8Problem problem(conv.map(), conv.rows(), conv.input_size(), {35, 9, 21}, 7);
    problem.gathered = gathered;
    fill_with_outliers(problem, 150, 8);
    const PackedInt8 packed(problem.weights, problem.packed_shape());
    CHECK(packed.residual_groups() > 0);
    check_int8(problem);
  }
}

TEST_CASE("residual: activations at the ends and signs against the weights") {
  Int8Problem problem(3, 16, 64, 1);
  for (const int w : {127, -128}) {
    problem.fill_weights(0, 0, 1);
    for (std::size_t n = 0; n < 16; ++n) {
      for (std::size_t k = 0; k < 4; ++k) {
        problem.weights[n * 64 + 8 * (n % 4) + k] = static_cast<std::int8_t>(w);
      }
    }
    for (const int level : {0, 255}) {
      for (const int zero_point : {0, 128, 255}) {
        for (std::uint8_t& x : problem.a) x = static_cast<std::uint8_t>(level);
        problem.quantizations[0].zero_point = zero_point;
        check_int8(problem);
      }
    }
  }
}
