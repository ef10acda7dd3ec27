// Inputs at the edges of the conditions under which partial sums fit int16.
#include <initializer_list>

#include "tests/kernels/int8_problem.hpp"

using namespace octavo::kernels;
using octavo::test::all_panels;
using octavo::test::check_int8;
using octavo::test::Int8Problem;

namespace {

/// Repeats `pattern` along k in every column.
void repeat_weights(Int8Problem& problem, std::initializer_list<int> pattern) {
  for (std::size_t i = 0; i < problem.weights.size(); ++i) {
    const std::size_t k = i % problem.shape.depth;
    problem.weights[i] = static_cast<std::int8_t>(pattern.begin()[k % pattern.size()]);
  }
}

/// Activations that are all 0, all 255, and those that agree or disagree with the weights' signs.
void check_adversarial(Int8Problem& problem) {
  const auto fill = [&](auto value_of) {
    for (std::size_t m = 0; m < problem.rows; ++m) {
      for (std::size_t k = 0; k < problem.shape.depth; ++k) {
        problem.a[m * problem.shape.depth + k] = value_of(problem.weights[k]);
      }
    }
    check_int8(problem);
  };
  for (const int zero_point : {0, 128, 255}) {
    CAPTURE(zero_point);
    problem.quantizations[0].zero_point = zero_point;
    fill([](int) -> std::uint8_t { return 0; });
    fill([](int) -> std::uint8_t { return 255; });
    fill([](int w) -> std::uint8_t { return w > 0 ? 255 : 0; });
    fill([](int w) -> std::uint8_t { return w > 0 ? 0 : 255; });
  }
}

void check_pattern(std::initializer_list<int> pattern, Int8Method method, std::size_t depth) {
  CAPTURE(*pattern.begin());
  CAPTURE(static_cast<int>(method));
  for (const std::size_t m : {1U, 2U, 4U, 7U}) {
    Int8Problem problem(m, 17, depth, 1);
    repeat_weights(problem, pattern);
    CHECK(all_panels(problem, method));
    check_adversarial(problem);
  }
}

}  // namespace

TEST_CASE("exactness: pairs of weights") {
  check_pattern({64, 64, 0, 0}, Int8Method::chain1, 64);
  check_pattern({65, 64, 0, 0}, Int8Method::wide, 64);
  check_pattern({127, 1, 127, 1}, Int8Method::chain1, 64);
  check_pattern({127, 2, 0, 0}, Int8Method::wide, 64);
  check_pattern({-128, 0, 0, -128}, Int8Method::chain1, 64);
  check_pattern({-128, -1, 0, 0}, Int8Method::wide, 64);
  check_pattern({-64, -64, 0, 0}, Int8Method::chain1, 64);
  check_pattern({127, -128, 127, -128}, Int8Method::chain1, 64);
  check_pattern({127, 127, 127, 127}, Int8Method::wide, 64);
  check_pattern({-128, -128, -128, -128}, Int8Method::wide, 64);
}

TEST_CASE("exactness: lanes of chains") {
  // Lanes of 4 groups: 8 weights with a sum of magnitudes of 255 and 256.
  check_pattern({32, 32, 1, 1, 32, 32, 1, 1, 32, 32, 1, 1, 32, 31, 1, 1}, Int8Method::chain4, 64);
  check_pattern({-32, -32, 1, 1, -32, -32, 1, 1, -32, -32, 1, 1, -32, -31, 1, 1},
                Int8Method::chain4, 64);
  check_pattern({32, 32, 0, 0, 32, 32, 0, 0, 32, 32, 0, 0, 32, 32, 0, 0}, Int8Method::chain3, 64);
  check_pattern({-32, -32, 0, 0, -32, -32, 0, 0, -32, -32, 0, 0, -32, -32, 0, 0},
                Int8Method::chain3, 64);
  // Lanes of 3 groups.
  check_pattern({0, 0, 43, 42, 0, 0, 43, 42, 0, 0, 43, 42}, Int8Method::chain3, 60);
  check_pattern({0, 0, -43, 43, 0, 0, 43, -42, 0, 0, 43, 42}, Int8Method::chain2, 60);
  // Lanes of 2 groups.
  check_pattern({64, 64, 0, 0, 64, 63, 0, 0}, Int8Method::chain2, 64);
  check_pattern({64, 64, 0, 0, 64, 64, 0, 0}, Int8Method::chain1, 64);
  check_pattern({-64, -64, 0, 0, -64, -64, 0, 0}, Int8Method::chain1, 64);
}

TEST_CASE("exactness: a column out of line splits a group off its panel, no other") {
  Int8Problem problem(6, 48, 64, 2);
  problem.fill_weights(-20, 20, 3);
  problem.weights[20 * 64 + 10] = 127;
  problem.weights[20 * 64 + 11] = 127;
  const PackedInt8 packed(problem.weights, problem.shape);
  CHECK(all_panels(problem, Int8Method::chain4));
  CHECK(packed.residual_groups() == 1);
  check_adversarial(problem);
}

TEST_CASE("exactness: random weights pushed to the chain conditions") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    Int8Problem problem(5, 32, 160, seed);
    octavo::test::Random random(seed);
    // In each lane of 8 weights, magnitudes that sum to 255 exactly.
    for (std::size_t lane = 0; lane < problem.weights.size() / 8; ++lane) {
      const std::size_t first = lane / 2 * 16 + lane % 2 * 2;
      int left = 255;
      for (std::size_t i = 0; i < 8; ++i) {
        const int magnitude = i == 7 ? std::min(left, 64) : random.between(0, std::min(left, 64));
        left -= magnitude;
        const int sign = random.between(0, 1) == 0 ? -1 : 1;
        problem.weights[first + i / 2 * 4 + i % 2] = static_cast<std::int8_t>(sign * magnitude);
      }
    }
    CHECK(all_panels(problem, Int8Method::chain4));
    check_adversarial(problem);
  }
}

TEST_CASE("exactness: the largest depth") {
  // 131072 products of 255 * 64 stay below 2^31, as do those of 128 * 127.
  for (const int w : {31, 64, -64, 127}) {
    CAPTURE(w);
    Int8Problem problem(1, 1, 131072, 4);
    repeat_weights(problem, {w});
    problem.quantizations[0].zero_point = w == 127 ? 128 : 0;
    for (std::uint8_t& x : problem.a) x = w == 127 ? 0 : 255;
    check_int8(problem);
  }
}
