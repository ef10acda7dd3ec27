#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "tests/runtime/op_harness.hpp"
#include "tests/runtime/sample_models.hpp"

using namespace octavo;
using namespace octavo::test;

namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

std::size_t at(std::int64_t value) {
  return static_cast<std::size_t>(value);
}

/// [channels, 1, height, width] images of one batch: every input pixel adds a scaled kernel.
Floats transposed(const Floats& x, const Shape& in, const Floats& w, const Shape& kernel,
                  const Shape& out, const Ints& stride, const Ints& pad, const Ints& dilation,
                  std::int64_t group) {
  Floats y(at(out[1] * out[2] * out[3]), 0.0F);
  const std::int64_t columns = kernel[1];
  for (std::int64_t c = 0; c < in[1]; ++c) {
    const std::int64_t first = c / (in[1] / group) * columns;
    for (std::int64_t i = 0; i < in[2] * in[3]; ++i) {
      for (std::int64_t m = 0; m < columns; ++m) {
        for (std::int64_t k = 0; k < kernel[2] * kernel[3]; ++k) {
          const std::int64_t row = i / in[3] * stride[0] - pad[0] + k / kernel[3] * dilation[0];
          const std::int64_t col = i % in[3] * stride[1] - pad[1] + k % kernel[3] * dilation[1];
          if (row < 0 || row >= out[2] || col < 0 || col >= out[3]) continue;
          y[at(((first + m) * out[2] + row) * out[3] + col)] +=
              x[at(c * in[2] * in[3] + i)] * w[at((c * columns + m) * kernel[2] * kernel[3] + k)];
        }
      }
    }
  }
  return y;
}

}  // namespace

TEST_CASE("ops: ConvTranspose scatters scaled kernels") {
  const Shape in{1, 4, 3, 5};
  const Shape kernel{4, 3, 3, 2};
  const Floats x = random_values(element_count(in), 1);
  const Floats w = random_values(element_count(kernel), 2);
  for (const std::int64_t group : {1, 2}) {
    const auto result = run_node("ConvTranspose", {fed(in, x), constant(kernel, w)},
                                 {{"strides", Ints{2, 3}},
                                  {"pads", Ints{1, 0, 0, 1}},
                                  {"dilations", Ints{2, 1}},
                                  {"output_padding", Ints{1, 0}},
                                  {"group", group}});
    const Shape out{1, 3 * group, 9, 13};
    CHECK(result[0].shape == out);
    CHECK(largest_difference(result[0].values<float>(), transposed(x, in, w, kernel, out, {2, 3},
                                                                   {1, 0}, {2, 1}, group)) < 1e-5);
  }
  const auto shaped = run_node("ConvTranspose", {fed(in, x), constant(kernel, w)},
                               {{"strides", Ints{2, 2}}, {"output_shape", Ints{6, 10}}});
  CHECK(shaped[0].shape == Shape{1, 3, 6, 10});
  // Of the four sums, output_shape leaves three; SAME_UPPER alone drops the last one.
  const auto left = [](const char* auto_pad) {
    const auto result = run_node(
        "ConvTranspose", {fed({1, 1, 3}, Floats{1, 2, 3}), constant({1, 1, 2}, Floats{1, 10})},
        {{"output_shape", Ints{3}}, {"auto_pad", std::string(auto_pad)}});
    return result[0].values<float>();
  };
  CHECK(left("NOTSET") == Floats{12, 23, 30});
  CHECK(left("SAME_LOWER") == Floats{12, 23, 30});
  CHECK(left("SAME_UPPER") == Floats{1, 12, 23});
  const auto same =
      run_node("ConvTranspose", {fed({1, 1, 3}, Floats{1, 2, 3}), constant({1, 1, 1}, Floats{2})},
               {{"strides", Ints{2}}, {"auto_pad", std::string("SAME_UPPER")}});
  CHECK(same[0].values<float>() == Floats{2, 0, 4, 0, 6});
  const auto error = [&](const Attributes& attributes) {
    return error_of("ConvTranspose", {fed(in, x), constant(kernel, w)}, attributes);
  };
  CHECK(contains(error({{"group", std::int64_t{3}}}), "do not fit together"));
  CHECK(contains(error({{"strides", Ints{0, 1}}}), "strides is [0, 1]"));
  CHECK(contains(error({{"strides", Ints{std::int64_t{1} << 30, 1}}}), "too large"));
  CHECK(contains(error({{"strides", Ints{1 << 22, 1}}}), "positions is too large"));
  CHECK(contains(error({{"pads", Ints{9, 0, 9, 0}}}), "pads leave no output"));
  CHECK(contains(error_of("ConvTranspose", {fed(in, x), fed(kernel, w)}), "known beforehand"));
}

TEST_CASE("ops: a volume convolution of one plane is an image convolution") {
  const Floats x = random_values(std::size_t{2} * 4 * 6 * 7, 3);
  const Floats w = random_values(std::size_t{6} * 2 * 3 * 3, 4);
  const Floats bias = random_values(6, 5);
  const auto image =
      run_node("Conv", {fed({2, 4, 6, 7}, x), constant({6, 2, 3, 3}, w), constant({6}, bias)},
               {{"group", std::int64_t{2}}, {"pads", Ints{1, 0, 1, 2}}, {"strides", Ints{2, 1}}});
  const auto volume = run_node(
      "Conv", {fed({2, 4, 6, 1, 7}, x), constant({6, 2, 3, 1, 3}, w), constant({6}, bias)},
      {{"group", std::int64_t{2}}, {"pads", Ints{1, 0, 0, 1, 0, 2}}, {"strides", Ints{2, 1, 1}}});
  CHECK(volume[0].shape == Shape{2, 6, 3, 1, 7});
  CHECK(largest_difference(volume[0].values<float>(), image[0].values<float>()) < 1e-5);
}

TEST_CASE("ops: pools of volumes, norms, bytes and positions of maxima") {
  const Floats x = random_values(std::size_t{2} * 3 * 4 * 5, 6);
  for (const char* op : {"MaxPool", "AveragePool"}) {
    CAPTURE(op);
    const auto image = run_node(
        op, {fed({2, 3, 4, 5}, x)},
        {{"kernel_shape", Ints{2, 3}}, {"pads", Ints{1, 0, 0, 1}}, {"strides", Ints{2, 1}}});
    const auto volume = run_node(op, {fed({2, 3, 4, 1, 5}, x)},
                                 {{"kernel_shape", Ints{2, 1, 3}},
                                  {"pads", Ints{1, 0, 0, 0, 0, 1}},
                                  {"strides", Ints{2, 1, 1}}});
    CHECK(largest_difference(volume[0].values<float>(), image[0].values<float>()) < 1e-6);
  }
  const Operand plane = fed<float>({1, 1, 2, 3}, {1, 5, 2, 3, 4, 0});
  const Attributes window{{"kernel_shape", Ints{2, 2}}};
  const auto places = run_node("MaxPool", {plane}, window, 2);
  CHECK(places[0].values<float>() == Floats{5, 5});
  CHECK(places[1].values<std::int64_t>() == Ints{1, 1});
  const auto by_column = run_node(
      "MaxPool", {plane}, {{"kernel_shape", Ints{2, 2}}, {"storage_order", std::int64_t{1}}}, 2);
  CHECK(by_column[1].values<std::int64_t>() == Ints{2, 2});
  const auto bytes = run_node("MaxPool", {fed<std::uint8_t>({1, 1, 2, 2}, {1, 200, 3, 4})}, window);
  CHECK(bytes[0].values<std::uint8_t>() == std::vector<std::uint8_t>{200});
  CHECK(run_node("LpPool", {fed<float>({1, 1, 2, 2}, {3, 0, 0, 4})}, window)[0].values<float>() ==
        Floats{5});
  CHECK(run_node("GlobalLpPool", {plane}, {{"p", std::int64_t{1}}})[0].values<float>() ==
        Floats{15});
  CHECK(
      contains(error_of("LpPool", {plane}, {{"kernel_shape", Ints{2, 2}}, {"p", std::int64_t{0}}}),
               "p is less than 1"));
}

TEST_CASE("ops: normalizations over groups and channels") {
  const Floats x = random_values(std::size_t{2} * 4 * 6, 7);
  const auto group = [&](std::int64_t groups) {
    return run_node("GroupNormalization",
                    {fed({2, 4, 2, 3}, x), constant<float>({4}, {1, 1, 2, 2}),
                     constant<float>({4}, {0, 0, 1, 1})},
                    {{"num_groups", groups}, {"epsilon", 0.0F}})[0]
        .values<float>();
  };
  const Floats out = group(2);
  for (std::size_t block = 0; block < 4; ++block) {
    double sum = 0.0, squares = 0.0;
    for (std::size_t i = 0; i < 12; ++i) {
      const double value = block % 2 == 0 ? out[block * 12 + i] : (out[block * 12 + i] - 1.0) / 2.0;
      sum += value;
      squares += value * value;
    }
    CHECK(std::abs(sum) < 1e-4);
    CHECK(squares == doctest::Approx(12.0).epsilon(1e-4));
  }
  const auto instance = run_node("InstanceNormalization",
                                 {fed({2, 4, 2, 3}, x), constant<float>({4}, {1, 1, 2, 2}),
                                  constant<float>({4}, {0, 0, 1, 1})},
                                 {{"epsilon", 0.0F}});
  CHECK(largest_difference(instance[0].values<float>(), group(4)) < 1e-5);
  CHECK(contains(error_of("GroupNormalization",
                          {fed({2, 4, 2, 3}, x), constant<float>({4}, Floats(4, 1)),
                           constant<float>({4}, Floats(4, 1))},
                          {{"num_groups", std::int64_t{3}}}),
                 "cannot form 3 groups of 4 channels"));

  const auto response = run_node("LRN", {fed<float>({1, 3, 1}, {1, 2, 3})},
                                 {{"size", std::int64_t{3}}, {"alpha", 3.0F}, {"beta", 1.0F}});
  CHECK(largest_difference(response[0].values<float>(), {1.0F / 6, 2.0F / 15, 3.0F / 14}) < 1e-6);

  const auto layer = run_node("LayerNormalization",
                              {fed<float>({2, 2}, {1, 3, 10, 10}), constant<float>({2}, {1, 1})},
                              {{"epsilon", 0.0F}}, 3);
  CHECK(layer[1].shape == Shape{2, 1});
  CHECK(layer[1].values<float>() == Floats{2, 10});
  CHECK(layer[2].values<float>()[0] == doctest::Approx(1.0));
}

TEST_CASE("ops: Resize by cubic interpolation, crops and shrinking with antialias") {
  const Floats ramp{0, 1, 2, 3, 4, 5, 6, 7};
  const Operand x = fed({1, 1, 8}, ramp);
  const auto resized = [&](const Ints& sizes, const Attributes& attributes) {
    return run_node("Resize", {x, absent(), absent(), integers(sizes)}, attributes)[0]
        .values<float>();
  };
  // With the coefficient of Keys, the cubic kernel reproduces a straight line, away from the edges.
  const Floats doubled =
      resized({1, 1, 16}, {{"mode", std::string("cubic")}, {"cubic_coeff_a", -0.5F}});
  for (std::size_t i = 4; i < 12; ++i) {
    CHECK(doubled[i] == doctest::Approx((static_cast<double>(i) + 0.5) / 2 - 0.5).epsilon(1e-5));
  }
  const Floats halved =
      resized({1, 1, 4}, {{"mode", std::string("linear")}, {"antialias", std::int64_t{1}}});
  CHECK(halved[1] == doctest::Approx(2.5));
  const auto crop = run_node("Resize",
                             {fed<float>({4}, {0, 10, 20, 30}), constant<float>({2}, {0.0F, 2.0F}),
                              absent(), integers({3})},
                             {{"mode", std::string("linear")},
                              {"coordinate_transformation_mode", std::string("tf_crop_and_resize")},
                              {"extrapolation_value", -1.0F}});
  CHECK(crop[0].values<float>() == Floats{0, 30, -1});
  // Any dimension may change.
  const auto channels =
      run_node("Resize", {fed<float>({1, 2, 1}, {1, 2}), absent(), absent(), integers({1, 4, 1})});
  CHECK(channels[0].values<float>() == Floats{1, 1, 2, 2});
  CHECK(
      contains(error_of("Resize", {x, constant<float>({2}, {0, 1}), absent(), integers({1, 1, 4})},
                        {{"coordinate_transformation_mode", std::string("tf_crop_and_resize")}}),
               "roi has 2 elements, expected 6"));
}
