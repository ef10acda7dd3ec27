#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "tests/runtime/op_harness.hpp"
#include "tests/runtime/sample_models.hpp"

using namespace octavo;
using namespace octavo::test;

namespace {

using Ints = std::vector<std::int64_t>;

/// The window of a pool along y and x, pads as top, left, bottom, right.
struct Window {
  Ints kernel{1, 1}, strides{1, 1}, dilations{1, 1}, pads{0, 0, 0, 0};
  bool ceil = false, count_pads = false;

  [[nodiscard]] Attributes attributes(bool average) const {
    Attributes result{{"kernel_shape", kernel},
                      {"strides", strides},
                      {"dilations", dilations},
                      {"pads", pads},
                      {"ceil_mode", std::int64_t{ceil}}};
    if (average) result["count_include_pad"] = std::int64_t{count_pads};
    return result;
  }

  /// Positions along an axis, counted one by one.
  [[nodiscard]] std::int64_t positions(std::size_t axis, std::int64_t input) const {
    const std::int64_t extent = (kernel[axis] - 1) * dilations[axis] + 1;
    const std::int64_t padded = input + pads[axis] + pads[axis + 2];
    std::int64_t count = 0;
    for (std::int64_t start = 0;; start += strides[axis]) {
      const bool inside = start + extent <= padded;
      const bool ragged =
          ceil && start < input + pads[axis] && start - strides[axis] + extent < padded;
      if (!inside && !(ragged && count > 0)) return count;
      ++count;
    }
  }
};

/// Pools [n, c, h, w] element by element.
HostTensor pool_reference(const Shape& shape, const std::vector<float>& x, const Window& window,
                          bool average) {
  const std::int64_t height = shape[2], width = shape[3];
  const Shape out{shape[0], shape[1], window.positions(0, height), window.positions(1, width)};
  std::vector<float> result;
  for (std::int64_t plane = 0; plane < shape[0] * shape[1]; ++plane) {
    for (std::int64_t oy = 0; oy < out[2]; ++oy) {
      for (std::int64_t ox = 0; ox < out[3]; ++ox) {
        double sum = 0, largest = -std::numeric_limits<double>::infinity();
        int inside = 0, padded = 0;
        for (std::int64_t ky = 0; ky < window.kernel[0]; ++ky) {
          for (std::int64_t kx = 0; kx < window.kernel[1]; ++kx) {
            const std::int64_t y =
                oy * window.strides[0] + ky * window.dilations[0] - window.pads[0];
            const std::int64_t z =
                ox * window.strides[1] + kx * window.dilations[1] - window.pads[1];
            if (y < height + window.pads[2] && z < width + window.pads[3]) ++padded;
            if (y < 0 || y >= height || z < 0 || z >= width) continue;
            ++inside;
            const float value = x[static_cast<std::size_t>((plane * height + y) * width + z)];
            sum += value;
            largest = std::max<double>(largest, value);
          }
        }
        result.push_back(
            static_cast<float>(average ? sum / (window.count_pads ? padded : inside) : largest));
      }
    }
  }
  return host_tensor(out, result);
}

void check_pool(const Shape& shape, const Window& window) {
  const auto x = random_values(element_count(shape), 7);
  for (const bool average : {false, true}) {
    CAPTURE(average);
    const auto expected = pool_reference(shape, x, window, average);
    const auto out =
        run_node(average ? "AveragePool" : "MaxPool", {fed(shape, x)}, window.attributes(average));
    CHECK(out[0].shape == expected.shape);
    CHECK(largest_difference(out[0].values<float>(), expected.values<float>()) < 1e-5);
  }
}

}  // namespace

TEST_CASE("ops: pools with strides, dilations, pads and ceil_mode") {
  const Shape shape{2, 5, 11, 9};
  for (const bool count_pads : {false, true}) {
    for (const bool ceil : {false, true}) {
      CAPTURE(count_pads);
      CAPTURE(ceil);
      check_pool(shape, {{2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}, ceil, count_pads});
      check_pool(shape, {{3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, ceil, count_pads});
      check_pool(shape, {{3, 2}, {1, 3}, {2, 1}, {2, 0, 1, 1}, ceil, count_pads});
      check_pool(shape, {{4, 3}, {3, 4}, {1, 2}, {0, 1, 3, 0}, ceil, count_pads});
    }
  }
  check_pool({1, 64, 32, 32}, {{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}});
}

TEST_CASE("ops: pools in one dimension") {
  const Operand x = fed<float>({1, 2, 5}, {1, 4, 2, 8, 5, 10, 40, 20, 80, 50});
  const auto max = run_node("MaxPool", {x}, {{"kernel_shape", Ints{2}}, {"strides", Ints{2}}});
  CHECK(max[0].shape == Shape{1, 2, 2});
  CHECK(max[0].values<float>() == std::vector<float>{4, 8, 40, 80});
  const auto average =
      run_node("AveragePool", {x}, {{"kernel_shape", Ints{3}}, {"pads", Ints{1, 0}}});
  CHECK(largest_difference(average[0].values<float>(),
                           {2.5F, 7.0F / 3, 14.0F / 3, 5, 25, 70.0F / 3, 140.0F / 3, 50}) < 1e-5);
}

TEST_CASE("ops: auto_pad shares out the padding") {
  const Operand x = fed<float>({1, 1, 1, 4}, {1, 2, 3, 4});
  const auto pool = [&](const char* auto_pad, std::int64_t stride) {
    return run_node("AveragePool", {x},
                    {{"kernel_shape", Ints{1, 2}},
                     {"strides", Ints{1, stride}},
                     {"auto_pad", std::string(auto_pad)}})[0]
        .values<float>();
  };
  CHECK(pool("SAME_UPPER", 1) == std::vector<float>{1.5F, 2.5F, 3.5F, 4});
  CHECK(pool("SAME_LOWER", 1) == std::vector<float>{1, 1.5F, 2.5F, 3.5F});
  CHECK(pool("VALID", 1) == std::vector<float>{1.5F, 2.5F, 3.5F});
  CHECK(pool("SAME_UPPER", 3) == std::vector<float>{1.5F, 4});
}

TEST_CASE("ops: impossible windows are refused") {
  const Operand x = fed({1, 1, 4, 4}, random_values(16, 1));
  const auto error = [&](const Attributes& attributes) {
    return error_of("MaxPool", {x}, attributes);
  };
  const Ints two{2, 2};
  CHECK(contains(error({}), "'kernel_shape' is missing"));
  CHECK(contains(error({{"kernel_shape", Ints{2}}}), "kernel_shape has 1 values, expected 2"));
  CHECK(contains(error({{"kernel_shape", Ints{0, 1}}}), "kernel_shape holds 0"));
  CHECK(contains(error({{"kernel_shape", two}, {"strides", Ints{0, 1}}}), "strides holds 0"));
  CHECK(contains(error({{"kernel_shape", two}, {"dilations", Ints{1, -1}}}), "dilations holds -1"));
  CHECK(contains(error({{"kernel_shape", two}, {"pads", Ints{0, 0, -1, 0}}}), "pads holds -1"));
  CHECK(contains(error({{"kernel_shape", two}, {"pads", Ints{0, 0}}}), "pads has 2 values"));
  CHECK(contains(error({{"kernel_shape", Ints{5, 1}}}), "the kernel covers 5 positions"));
  CHECK(contains(error({{"kernel_shape", two}, {"pads", Ints{2, 0, 0, 0}}}), "can miss the input"));
  CHECK(contains(error({{"kernel_shape", two}, {"auto_pad", std::string("BOTH")}}),
                 "auto_pad is 'BOTH'"));
  CHECK(contains(
      error({{"kernel_shape", Ints{1 << 20, 1 << 20}}, {"auto_pad", std::string("SAME_UPPER")}}),
      "positions, at most"));
  CHECK(
      contains(error_of("MaxPool", {fed({2, 2}, random_values(4, 1))}, {{"kernel_shape", Ints{}}}),
               "has no spatial dimensions"));
  CHECK(contains(error_of("AveragePool", {x}, {{"kernel_shape", two}}, 2), "2 outputs"));
}

TEST_CASE("ops: global pools in one to three dimensions") {
  for (const Shape& shape : {Shape{2, 3, 8}, Shape{2, 3, 4, 5}, Shape{2, 3, 2, 3, 4}}) {
    CAPTURE(to_string(shape));
    const auto x = random_values(element_count(shape), 8);
    const std::size_t size = x.size() / 6;
    std::vector<float> means, maxima;
    for (auto plane = x.begin(); plane != x.end(); plane += static_cast<std::ptrdiff_t>(size)) {
      double sum = 0;
      for (std::size_t i = 0; i < size; ++i) sum += plane[static_cast<std::ptrdiff_t>(i)];
      means.push_back(static_cast<float>(sum / static_cast<double>(size)));
      maxima.push_back(*std::max_element(plane, plane + static_cast<std::ptrdiff_t>(size)));
    }
    Shape out(shape.size(), 1);
    out[0] = 2;
    out[1] = 3;
    const auto average = run_node("GlobalAveragePool", {fed(shape, x)});
    CHECK(average[0].shape == out);
    CHECK(largest_difference(average[0].values<float>(), means) < 1e-6);
    CHECK(run_node("GlobalMaxPool", {fed(shape, x)})[0].values<float>() == maxima);
  }
  CHECK(
      contains(error_of("GlobalAveragePool", {fed<float>({2, 2}, {1, 2, 3, 4})}), "no positions"));
}

namespace {

std::vector<float> resize_line(const std::vector<float>& x, std::vector<float> scales, Ints sizes,
                               Attributes attributes) {
  const auto in = static_cast<std::int64_t>(x.size());
  const Operand by_scales = scales.empty() ? absent() : constant<float>({3}, scales);
  const Operand by_sizes = sizes.empty() ? absent() : integers(sizes);
  return run_node("Resize", {fed({1, 1, in}, x), absent(), by_scales, by_sizes}, attributes)[0]
      .values<float>();
}

Attributes modes(const char* mode, const char* coordinates,
                 const char* nearest = "round_prefer_floor") {
  return {{"mode", std::string(mode)},
          {"coordinate_transformation_mode", std::string(coordinates)},
          {"nearest_mode", std::string(nearest)}};
}

}  // namespace

TEST_CASE("ops: Resize nearest, every way to round") {
  const std::vector<float> x{1, 2, 3, 4};
  const auto half = [&](const char* nearest) {
    return resize_line(x, {1, 1, 0.5F}, {}, modes("nearest", "half_pixel", nearest));
  };
  // Positions 0.5 and 2.5.
  CHECK(half("round_prefer_floor") == std::vector<float>{1, 3});
  CHECK(half("round_prefer_ceil") == std::vector<float>{2, 4});
  CHECK(half("floor") == std::vector<float>{1, 3});
  CHECK(half("ceil") == std::vector<float>{2, 4});
  CHECK(resize_line(x, {1, 1, 2}, {}, modes("nearest", "asymmetric", "floor")) ==
        std::vector<float>{1, 1, 2, 2, 3, 3, 4, 4});
  CHECK(resize_line(x, {}, {1, 1, 7}, modes("nearest", "align_corners")) ==
        std::vector<float>{1, 1, 2, 2, 3, 3, 4});
}

TEST_CASE("ops: Resize linear, every transformation of coordinates") {
  const std::vector<float> x{1, 2, 3, 4};
  const auto linear = [&](std::vector<float> scales, Ints sizes, const char* coordinates) {
    return resize_line(x, std::move(scales), std::move(sizes), modes("linear", coordinates));
  };
  CHECK(linear({1, 1, 2}, {}, "half_pixel") ==
        std::vector<float>{1, 1.25F, 1.75F, 2.25F, 2.75F, 3.25F, 3.75F, 4});
  CHECK(linear({1, 1, 2}, {}, "asymmetric") == std::vector<float>{1, 1.5F, 2, 2.5F, 3, 3.5F, 4, 4});
  CHECK(linear({}, {1, 1, 7}, "align_corners") == std::vector<float>{1, 1.5F, 2, 2.5F, 3, 3.5F, 4});
  CHECK(linear({}, {1, 1, 1}, "align_corners") == std::vector<float>{1});
  CHECK(linear({}, {1, 1, 1}, "half_pixel") == std::vector<float>{2.5F});
  CHECK(linear({}, {1, 1, 1}, "pytorch_half_pixel") == std::vector<float>{1});
  // 4 * 0.6 = 2.4 becomes 2 positions, whose centre stays that of the input: 2.5 +- 1 / 0.6 / 2.
  CHECK(largest_difference(linear({1, 1, 0.6F}, {}, "half_pixel_symmetric"),
                           {2.5F - 0.5F / 0.6F, 2.5F + 0.5F / 0.6F}) < 1e-6);
}

TEST_CASE("ops: Resize in two dimensions mixes the four neighbours of each channel") {
  const Shape shape{2, 3, 4, 5};
  const auto x = random_values(120, 11);
  const auto out = run_node("Resize", {fed(shape, x), absent(), absent(), integers({2, 3, 7, 3})},
                            modes("linear", "align_corners"));
  CHECK(out[0].shape == Shape{2, 3, 7, 3});
  std::vector<float> expected;
  for (std::size_t plane = 0; plane < 6; ++plane) {
    for (std::size_t i = 0; i < 7; ++i) {
      for (std::size_t j = 0; j < 3; ++j) {
        const double y = static_cast<double>(i) * 3 / 6, z = static_cast<double>(j) * 4 / 2;
        const auto y0 = static_cast<std::size_t>(y), z0 = static_cast<std::size_t>(z);
        const std::size_t y1 = std::min<std::size_t>(y0 + 1, 3),
                          z1 = std::min<std::size_t>(z0 + 1, 4);
        const double v = y - std::floor(y), u = z - std::floor(z);
        const auto at = [&](std::size_t a, std::size_t b) {
          return static_cast<double>(x[(plane * 4 + a) * 5 + b]);
        };
        expected.push_back(static_cast<float>((1 - v) * ((1 - u) * at(y0, z0) + u * at(y0, z1)) +
                                              v * ((1 - u) * at(y1, z0) + u * at(y1, z1))));
      }
    }
  }
  CHECK(largest_difference(out[0].values<float>(), expected) < 1e-6);
}

TEST_CASE("ops: Resize by axes and by aspect ratio") {
  const Operand x = fed({1, 2, 4, 6}, random_values(48, 12));
  const auto shape = [&](const char* policy) {
    return run_node("Resize", {x, absent(), absent(), integers({8, 6})},
                    {{"axes", Ints{2, 3}}, {"keep_aspect_ratio_policy", std::string(policy)}})[0]
        .shape;
  };
  CHECK(shape("stretch") == Shape{1, 2, 8, 6});
  CHECK(shape("not_larger") == Shape{1, 2, 4, 6});
  CHECK(shape("not_smaller") == Shape{1, 2, 8, 12});
}

TEST_CASE("ops: Resize multiplies extents and scales in float") {
  const auto result = run_node("Resize", {fed({1, 1, 6}, random_values(6, 14)), absent(),
                                          constant({3}, std::vector<float>{1, 1, 7.0F / 6.0F})});
  CHECK(result[0].shape == Shape{1, 1, 7});
}

TEST_CASE("ops: what Resize cannot do is refused") {
  const Operand x = fed({1, 2, 4}, random_values(8, 13));
  const auto error = [&](std::vector<float> scales, const Attributes& attributes) {
    return error_of("Resize", {x, absent(), constant<float>({3}, scales)}, attributes);
  };
  CHECK(
      contains(error({1, 1, 2}, {{"mode", std::string("sinc")}}), "mode is 'sinc'; supported are"));
  CHECK(contains(error({1, 1, 2}, modes("linear", "corners")), "supported are half_pixel"));
  CHECK(contains(error({1, 1, 0}, {}), "cannot scale dimension 2"));
  CHECK(contains(error({1, 1, std::numeric_limits<float>::quiet_NaN()}, {}), "cannot scale"));
  CHECK(contains(error({1, 1, 1e30F}, {}), "cannot scale"));
  CHECK(contains(error_of("Resize", {x}), "neither scales nor sizes"));
  CHECK(contains(error_of("Resize", {x, absent(), absent(), integers({1, 2, 0})}), "to 0"));
}
