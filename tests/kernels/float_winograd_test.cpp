// Float Winograd convolution against sums in double, within what its transforms may lose.
#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/winograd.hpp"
#include "tests/kernels/fixtures.hpp"

using namespace octavo::kernels;
using octavo::test::Convolution;
using octavo::test::count_different;
using octavo::test::for_each_isa;
using octavo::test::Input;
using octavo::test::Random;

namespace {

constexpr std::size_t kTileSize = 4;

struct FloatWinogradProblem {
  Convolution convolution;
  std::size_t columns;
  std::size_t channels = static_cast<std::size_t>(convolution.channels);
  std::size_t rows = convolution.rows();
  RowMap map = convolution.map();
  Input<float> a = Input<float>(convolution.input_size());
  std::vector<float> weights = std::vector<float>(columns * 9 * channels);
  Input<float> bias = Input<float>(columns);
  Activation activation = {};

  void fill(std::uint64_t seed) {
    Random random(seed);
    for (float& x : a) x = random.uniform(-1.0F, 1.0F);
    for (float& x : weights) x = random.uniform(-1.0F, 1.0F);
    for (float& x : bias) x = random.uniform(-1.0F, 1.0F);
  }

  [[nodiscard]] std::size_t tiles() const {
    const auto along = [](std::int64_t extent) {
      return (static_cast<std::size_t>(extent) + kTileSize - 1) / kTileSize;
    };
    return static_cast<std::size_t>(convolution.images) * along(map.out_height) *
           along(map.out_width);
  }
  [[nodiscard]] std::size_t panels() const { return (columns + kPanelWidth - 1) / kPanelWidth; }

  struct Result {
    std::vector<float> out;
    Extrema extrema;
  };
  /// Computes the parts of the whole one after the other.
  [[nodiscard]] Result run(const KernelTable& table, const std::vector<Tile>& parts) const {
    Result result{std::vector<float>(rows * columns, -77.0F), {}};
    const PackedFloatWinograd packed(weights, columns);
    FloatWinogradProduct p;
    packed.bind(p);
    p.a = a.data();
    p.rows = map;
    p.bias = bias.data();
    p.activation = activation;
    p.out = result.out.data();
    p.out_stride = columns;
    AlignedBuffer<std::byte> workspace(p.workspace_bytes());
    // What earlier calls have left there must not matter.
    std::fill_n(workspace.data(), p.workspace_bytes(), std::byte{0xFF});
    for (const Tile& part : parts) {
      result.extrema.merge(table.float_winograd_product(p, part, workspace.data()));
    }
    return result;
  }
  [[nodiscard]] Result run(const KernelTable& table) const {
    return run(table, {{0, tiles(), 0, panels()}});
  }

  struct Sum {
    double value, magnitude;
  };
  [[nodiscard]] Sum exact(std::size_t m, std::size_t n) const {
    Sum sum{bias[n], std::abs(bias[n])};
    for (std::size_t s = 0; s < 9; ++s) {
      const std::int64_t offset =
          octavo::test::segment_offset(map, m, static_cast<std::int64_t>(s));
      if (offset < 0) continue;
      for (std::size_t c = 0; c < channels; ++c) {
        const double product = double{a[static_cast<std::size_t>(offset) + c]} *
                               double{weights[(n * 9 + s) * channels + c]};
        sum.value += product;
        sum.magnitude += std::abs(product);
      }
    }
    sum.value = std::min(std::max(sum.value, double{activation.alpha}), double{activation.beta});
    return sum;
  }

  /// Errors may be 2e-6 of the largest sum of magnitudes: inputs next to those of an output, but in
  /// the same tile, count for it.
  void check() const {
    std::vector<double> values;
    double magnitude = 0.0;
    for (std::size_t i = 0; i < rows * columns; ++i) {
      const Sum sum = exact(i / columns, i % columns);
      values.push_back(sum.value);
      magnitude = std::max(magnitude, sum.magnitude);
    }
    for_each_isa([&](const KernelTable& table) {
      const Result whole = run(table);
      double worst = 0.0;
      for (std::size_t i = 0; i < values.size(); ++i) {
        worst = std::max(worst, std::abs(double{whole.out[i]} - values[i]));
      }
      CHECK(worst <= 2e-6 * magnitude);
      const auto [low, high] = std::ranges::minmax(whole.out);
      CHECK(whole.extrema.low == low);
      CHECK(whole.extrema.high == high);
      CHECK(whole.extrema.finite);
      const Result split = run(table, {{0, tiles() / 2, 0, panels()},
                                       {tiles() / 2, tiles(), 0, panels() / 2},
                                       {tiles() / 2, tiles(), panels() / 2, panels()}});
      CHECK(count_different(whole.out, split.out) == 0);
    });
  }
};

Convolution convolution(std::int64_t images, std::int64_t height, std::int64_t width,
                        std::int64_t channels, std::int64_t padding) {
  return {.images = images,
          .height = height,
          .width = width,
          .channels = channels,
          .kernel_height = 3,
          .kernel_width = 3,
          .padding = padding};
}

}  // namespace

TEST_CASE("float winograd: all sizes, channels, columns and paddings") {
  std::uint64_t seed = 1;
  for (std::int64_t size = 1; size <= 9; ++size) {
    for (const std::int64_t channels : {1, 2, 7, 8, 16, 33}) {
      for (const std::int64_t padding : {0, 1, 2}) {
        const std::int64_t border = 2 - 2 * padding;
        const std::int64_t height = size + border;
        const std::int64_t width = 10 - size + border;
        if (height < 1 || width < 1) continue;
        const std::size_t columns = 1 + seed * 7 % 37;
        CAPTURE(size);
        CAPTURE(channels);
        CAPTURE(columns);
        CAPTURE(padding);
        FloatWinogradProblem problem{
            convolution(1 + static_cast<std::int64_t>(seed % 2), height, width, channels, padding),
            columns};
        problem.fill(seed++);
        problem.check();
      }
    }
  }
}

TEST_CASE("float winograd: more than one block of tiles, and activations") {
  FloatWinogradProblem problem{convolution(3, 21, 18, 20, 1), 32};
  problem.fill(2);
  problem.check();
  problem.activation = {UnaryMethod::clamp, 0.0F, 5.0F};
  problem.check();

  for_each_isa([&](const KernelTable& table) {
    problem.activation = {};
    std::vector<float> expected = problem.run(table).out;
    for (float& x : expected) x = x < 0.0F ? 0.5F * x : x;
    problem.activation = {UnaryMethod::leaky_relu, 0.5F, 0.0F};
    CHECK(count_different(problem.run(table).out, expected) == 0);
  });
}

TEST_CASE("float winograd: errors on normally distributed data are what the header says") {
  struct Expected {
    std::int64_t channels;
    double error;
  };
  for (const Expected& expected : {Expected{64, 8.5e-7}, Expected{256, 1.5e-6}}) {
    FloatWinogradProblem problem{convolution(1, 18, 18, expected.channels, 0), 16};
    Random random(3);
    for (float& x : problem.a) x = random.normal();
    for (float& x : problem.weights) x = random.normal();
    for (float& x : problem.bias) x = 0.0F;
    std::vector<double> values;
    double power = 0.0;
    for (std::size_t i = 0; i < problem.rows * problem.columns; ++i) {
      values.push_back(problem.exact(i / problem.columns, i % problem.columns).value);
      power += values.back() * values.back();
    }
    for_each_isa([&](const KernelTable& table) {
      const std::vector<float> out = problem.run(table).out;
      double noise = 0.0;
      for (std::size_t i = 0; i < out.size(); ++i) {
        noise += (double{out[i]} - values[i]) * (double{out[i]} - values[i]);
      }
      CHECK(std::sqrt(noise / power) <= expected.error);
    });
  }
}

TEST_CASE("float winograd: NaN reaches only the tiles that contain it, and infinity no further") {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    FloatWinogradProblem problem{convolution(2, 12, 12, 19, 1), 21};
    problem.fill(4);
    // The tile of outputs [4, 8) x [4, 8) of image 1 reads inputs [3, 9) x [3, 9), that of [8, 12)
    // those from 7 on.
    const std::size_t y = 6;
    const std::size_t x = 7;
    problem.a[((12 + y) * 12 + x) * 19 + 18] = bad;
    for_each_isa([&](const KernelTable& table) {
      const auto result = problem.run(table);
      std::size_t wrong = 0;
      for (std::size_t row = 0; row < problem.rows; ++row) {
        const std::size_t image = row / 144;
        const std::size_t out_y = row / 12 % 12;
        const std::size_t out_x = row % 12;
        const bool may_be_bad = image == 1 && out_y >= 4 && out_y < 8 && out_x >= 4;
        const bool must_be_bad =
            image == 1 && out_y + 1 >= y && out_y <= y + 1 && out_x + 1 >= x && out_x <= x + 1;
        for (std::size_t n = 0; n < problem.columns; ++n) {
          const float value = result.out[row * problem.columns + n];
          wrong += (must_be_bad && std::isfinite(value)) || (!may_be_bad && !std::isfinite(value));
        }
      }
      CHECK(wrong == 0);
      CHECK_FALSE(result.extrema.finite);
    });
  }
}
