// Integer Winograd convolution against the definition: the same sums, wherever its condition holds.
#include "kernels/winograd.hpp"

#include <array>
#include <functional>
#include <limits>

#include "tests/kernels/int8_problem.hpp"

using namespace octavo::kernels;
using octavo::test::count_different;
using octavo::test::for_each_isa;
using octavo::test::Int8Problem;
using octavo::test::Random;
using octavo::test::reference;

namespace {

/// A 3x3 convolution whose input has its border of one position written out, and what the last
/// tiles read beyond it.
struct WinogradProblem {
  std::size_t images, height, width, channels, columns, tile_size;
  std::size_t padded_height = round_up(height) + 2;
  std::size_t padded_width = round_up(width) + 2;
  Int8Problem direct =
      Int8Problem(map(), images* height* width, images* padded_height* padded_width* channels,
                  {columns, 9, channels}, 1);

  [[nodiscard]] std::size_t round_up(std::size_t n) const {
    return (n + tile_size - 1) / tile_size * tile_size;
  }
  [[nodiscard]] RowMap map() const {
    RowMap map;
    map.out_height = static_cast<std::int64_t>(height);
    map.out_width = static_cast<std::int64_t>(width);
    map.in_height = static_cast<std::int64_t>(padded_height);
    map.in_width = static_cast<std::int64_t>(padded_width);
    map.kernel_height = map.kernel_width = 3;
    map.pixel_stride = static_cast<std::int64_t>(channels);
    map.line_stride = map.pixel_stride * map.in_width;
    map.image_stride = map.line_stride * map.in_height;
    return map;
  }

  void fill_activations(const std::function<int(std::size_t y, std::size_t x, std::size_t c)>& f) {
    for (std::size_t i = 0; i < direct.a.size(); ++i) {
      const std::size_t pixel = i / channels;
      direct.a[i] = static_cast<std::uint8_t>(
          f(pixel / padded_width % padded_height, pixel % padded_width, i % channels));
    }
  }
  void fill_weights(const std::function<int(std::size_t n, std::size_t tap)>& f) {
    for (std::size_t i = 0; i < direct.weights.size(); ++i) {
      direct.weights[i] = static_cast<std::int8_t>(f(i / (9 * channels), i / channels % 9));
    }
  }

  [[nodiscard]] WinogradProduct product(const PackedWinograd& packed) const {
    WinogradProduct p;
    packed.bind(p);
    p.a = direct.a.data();
    p.rows = direct.map;
    p.quantization = direct.quantizations.data();
    p.images_per_range = images / direct.quantizations.size();
    p.b_scales = direct.scales.data();
    p.bias = direct.bias.data();
    p.activation = direct.activation;
    p.out_stride = columns;
    return p;
  }

  [[nodiscard]] std::size_t tiles() const {
    return images * (round_up(height) / tile_size) * (round_up(width) / tile_size);
  }

  template <class T>
  std::vector<T> run(const KernelTable& table, const PackedWinograd& packed,
                     T* WinogradProduct::*result) const {
    std::vector<T> out(direct.rows * columns, T(-77));
    WinogradProduct p = product(packed);
    p.*result = out.data();
    AlignedBuffer<std::byte> workspace(p.workspace_bytes());
    const std::size_t panels = p.sums_row() / kPanelWidth;
    // Two parts, so that tiles and panels which do not start at the first one are covered.
    table.winograd_product(p, {0, tiles() / 2, 0, panels}, workspace.data());
    table.winograd_product(p, {tiles() / 2, tiles(), 0, panels / 2}, workspace.data());
    table.winograd_product(p, {tiles() / 2, tiles(), panels / 2, panels}, workspace.data());
    return out;
  }

  void check() const {
    REQUIRE(winograd_is_exact(direct.weights, columns, tile_size));
    const PackedWinograd packed(direct.weights, columns, tile_size);
    const std::vector<std::int32_t> exact = direct.exact();
    const std::vector<float> outputs =
        direct.outputs(reference(), PackedInt8(direct.weights, direct.shape));
    for_each_isa([&](const KernelTable& table) {
      CHECK(count_different(run(table, packed, &WinogradProduct::accumulators), exact) == 0);
      CHECK(count_different(run<float>(table, packed, &WinogradProduct::out), outputs) == 0);
    });
  }
};

}  // namespace

TEST_CASE("winograd: all sizes, channels and columns") {
  for (const std::size_t tile_size : {2U, 4U}) {
    CAPTURE(tile_size);
    std::uint64_t seed = 1;
    for (std::size_t size = 1; size <= 9; ++size) {
      for (const std::size_t channels : {1U, 2U, 7U, 16U, 33U}) {
        const std::size_t columns = 1 + seed * 7 % 37;
        CAPTURE(size);
        CAPTURE(channels);
        CAPTURE(columns);
        WinogradProblem problem{1 + seed % 2, size, 10 - size, channels, columns, tile_size};
        problem.direct.fill_weights(-128, 127, seed++);
        problem.direct.quantizations[0].zero_point = static_cast<int>(seed * 51 % 256);
        problem.check();
      }
    }
  }
}

TEST_CASE("winograd: more than one block of tiles, and a range for each image") {
  WinogradProblem problem{3, 21, 18, 20, 24, 4};
  problem.direct.fill_weights(-127, 127, 2);
  problem.direct.quantizations = {{0.5F, 2.0F, 0}, {0.1F, 10.0F, 255}, {2.0F, 0.5F, 77}};
  problem.direct.rows_per_range = 21 * 18;
  problem.direct.activation = {UnaryMethod::clamp, 0.0F};
  problem.check();
}

TEST_CASE("winograd: adversarial activations and weights") {
  using Activations = std::function<int(std::size_t, std::size_t, std::size_t)>;
  using Weights = std::function<int(std::size_t, std::size_t)>;
  const Activations activations[] = {
      [](auto, auto, auto) { return 255; }, [](auto, auto, auto) { return 0; },
      [](std::size_t y, std::size_t x, auto) { return (x + y) % 2 != 0 ? 255 : 0; },
      [](std::size_t y, std::size_t x, auto) { return (x / 2 + y / 2) % 2 != 0 ? 255 : 0; }};
  const Weights weights[] = {
      [](auto, auto) { return -128; }, [](auto, auto) { return 127; },
      [](std::size_t n, std::size_t tap) { return (tap + n) % 2 != 0 ? 127 : -128; },
      [](std::size_t n, std::size_t tap) { return (tap / 3 + n) % 2 != 0 ? 127 : -128; }};
  for (const std::size_t tile_size : {2U, 4U}) {
    for (const Activations& a : activations) {
      for (const Weights& w : weights) {
        for (const int zero_point : {0, 128, 255}) {
          CAPTURE(tile_size);
          CAPTURE(zero_point);
          WinogradProblem problem{1, 8, 7, 64, 17, tile_size};
          problem.fill_activations(a);
          problem.fill_weights(w);
          problem.direct.quantizations[0].zero_point = zero_point;
          problem.check();
        }
      }
    }
  }
}

TEST_CASE("winograd: the condition, just met and just not") {
  // 255 * 131586 is the largest product below 2^25.
  constexpr std::size_t kChannels = 128;
  for (const int sign : {1, -1}) {
    WinogradProblem problem{1, 5, 4, kChannels, 2, 4};
    std::int64_t left = 131586;
    for (std::size_t i = 0; i < 9 * kChannels; ++i) {
      const auto magnitude = static_cast<int>(std::min<std::int64_t>(left, 127));
      problem.direct.weights[i] = static_cast<std::int8_t>(sign * magnitude);
      left -= magnitude;
    }
    REQUIRE(left == 0);
    problem.fill_activations([](auto, auto, auto) { return 255; });
    problem.direct.quantizations[0].zero_point = 0;
    problem.check();
    problem.fill_activations([](auto, auto, auto) { return 0; });
    problem.direct.quantizations[0].zero_point = 255;
    problem.check();

    problem.direct.weights[9 * kChannels - 1] =
        static_cast<std::int8_t>(problem.direct.weights[9 * kChannels - 1] + sign);
    CHECK_FALSE(winograd_is_exact(problem.direct.weights, 2, 4));
    CHECK(winograd_is_exact(problem.direct.weights, 2, 2));
  }
}

TEST_CASE("winograd: beyond the condition of 4x4 tiles, 2x2 tiles are exact") {
  WinogradProblem problem{1, 6, 5, 200, 16, 2};
  problem.fill_weights([](auto, auto) { return 127; });
  problem.fill_activations([](auto, auto, auto) { return 255; });
  problem.direct.quantizations[0].zero_point = 0;
  CHECK_FALSE(winograd_is_exact(problem.direct.weights, 16, 4));
  problem.check();
}
