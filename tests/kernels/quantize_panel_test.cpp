#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/chain_condition.hpp"
#include "tests/kernels/fixtures.hpp"

using namespace octavo::kernels;
using octavo::test::count_different;
using octavo::test::for_each_isa;
using octavo::test::Input;
using octavo::test::Random;
using octavo::test::reference;

namespace {

/// What quantize_panel writes; the last byte is a guard.
struct Panel {
  std::vector<std::int8_t> b;
  std::vector<std::int32_t> sums = std::vector<std::int32_t>(kPanelWidth);
  std::vector<float> scales = std::vector<float>(kPanelWidth);
  bool finite;

  Panel(const KernelTable& table, const Input<float>& x, std::size_t depth, std::size_t columns,
        std::size_t stride)
      : b((depth + 3) / 4 * 4 * kPanelWidth + 1, 77),
        finite(table.quantize_panel(x.data(), depth, columns, stride,
                                    {b.data(), sums.data(), scales.data()})) {
    CHECK(b.back() == 77);
  }

  [[nodiscard]] int level(std::size_t k, std::size_t n) const {
    return b[(k / 4 * kPanelWidth + n) * 4 + k % 4];
  }
};

void check_same(const Panel& found, const Panel& expected) {
  CHECK(found.finite);
  CHECK(count_different(found.b, expected.b) == 0);
  CHECK(count_different(found.sums, expected.sums) == 0);
  CHECK(count_different(found.scales, expected.scales) == 0);
}

}  // namespace

TEST_CASE("quantize panel: by hand") {
  Input<float> x(2 * 5);
  const float values[] = {64.0F, 1.5F, -2.0F, 0.0F, 9.0F, -32.0F, 0.75F, 4.0F, 0.0F, 9.0F};
  std::ranges::copy(values, x.begin());
  for_each_isa([&](const KernelTable& table) {
    const Panel panel(table, x, 2, 4, 5);
    CHECK(panel.finite);
    const int expected[2][5] = {{64, 64, -32, 0, 0}, {-32, 32, 64, 0, 0}};
    for (std::size_t k = 0; k < 4; ++k) {
      for (std::size_t n = 0; n < 5; ++n) CHECK(panel.level(k, n) == (k < 2 ? expected[k][n] : 0));
    }
    CHECK(panel.scales[0] == 1.0F);
    CHECK(panel.scales[2] == 4.0F / 64.0F);
    CHECK(panel.scales[3] == 1.0F);
    CHECK(panel.sums[0] == 32);
    CHECK(panel.sums[1] == 96);
  });
}

TEST_CASE("quantize panel: the bits of the reference, every depth and width") {
  Random random(1);
  for (const std::size_t depth : {0U, 1U, 2U, 3U, 4U, 5U, 7U, 8U, 9U, 33U, 64U}) {
    for (std::size_t columns = 1; columns <= kPanelWidth; ++columns) {
      const std::size_t stride = columns + depth % 3;
      CAPTURE(depth);
      CAPTURE(columns);
      Input<float> x(depth * stride, columns % 8);
      for (float& v : x) v = random.uniform(-3.0F, 3.0F);
      const Panel expected(reference(), x, depth, columns, stride);
      for_each_isa([&](const KernelTable& table) {
        check_same(Panel(table, x, depth, columns, stride), expected);
      });
    }
  }
}

TEST_CASE("quantize panel: extremes stay within the levels and fit a chain of one group") {
  constexpr float kMax = std::numeric_limits<float>::max();
  constexpr float kDenormal = std::numeric_limits<float>::denorm_min();
  constexpr std::size_t kDepth = 12;
  for (const float magnitude : {kDenormal, 1e-40F, 3e-39F, 2e-37F, 1e-30F, 1.0F, 1e30F, kMax}) {
    CAPTURE(magnitude);
    Input<float> x(kDepth * kPanelWidth);
    Random random(2);
    for (float& v : x) v = random.uniform(-1.0F, 1.0F) * magnitude;
    for (std::size_t n = 0; n < kPanelWidth; ++n) {
      x[n] = n % 2 == 0 ? magnitude : -magnitude;
      x[kPanelWidth + n] = x[n];
    }
    const Panel expected(reference(), x, kDepth, kPanelWidth, kPanelWidth);
    for (std::size_t n = 0; n < kPanelWidth; ++n) {
      std::vector<std::int8_t> column;
      for (std::size_t k = 0; k < kDepth; ++k) {
        CHECK(std::abs(expected.level(k, n)) <= kPanelLevels);
        column.push_back(static_cast<std::int8_t>(expected.level(k, n)));
      }
      CHECK(fits_chain(column, 1));
    }
    for_each_isa([&](const KernelTable& table) {
      check_same(Panel(table, x, kDepth, kPanelWidth, kPanelWidth), expected);
    });
  }
}

TEST_CASE("quantize panel: NaN and infinity are reported wherever they are") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr std::size_t kDepth = 5;
  for (const float poison : {std::numeric_limits<float>::quiet_NaN(), kInfinity, -kInfinity}) {
    for (std::size_t i = 0; i < kDepth * kPanelWidth; ++i) {
      Input<float> x(kDepth * kPanelWidth);
      std::ranges::fill(x, 1.0F);
      x[i] = poison;
      for_each_isa([&](const KernelTable& table) {
        CHECK_FALSE(Panel(table, x, kDepth, kPanelWidth, kPanelWidth).finite);
        // Behind the last column it is none of the panel's.
        const bool read = i % kPanelWidth < 7;
        CHECK(Panel(table, x, kDepth, 7, kPanelWidth).finite == !read);
      });
    }
  }
}
