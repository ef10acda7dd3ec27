#include <array>
#include <cmath>
#include <limits>

#include "tests/kernels/fixtures.hpp"

using namespace octavo::kernels;
using octavo::test::Convolution;
using octavo::test::for_each_isa;
using octavo::test::Input;
using octavo::test::Random;
using octavo::test::reference;

namespace {

std::vector<Convolution> convolutions() {
  std::vector<Convolution> all;
  for (const auto& [height, width] : {std::array<std::int64_t, 2>{8, 9}, {3, 3}, {1, 1}, {7, 2}}) {
    for (const std::int64_t kernel : {1, 2, 3, 5}) {
      for (const std::int64_t stride : {1, 2, 3}) {
        for (const std::int64_t dilation : {1, 2}) {
          for (const std::int64_t channels : {1, 8, 13, 35}) {
            const Convolution conv{.images = 2,
                                   .height = height,
                                   .width = width,
                                   .channels = channels,
                                   .kernel_height = kernel,
                                   .kernel_width = kernel,
                                   .stride = stride,
                                   .dilation = dilation,
                                   .padding = (kernel - 1) * dilation / 2};
            const RowMap map = conv.map();
            if (map.out_height > 0 && map.out_width > 0) all.push_back(conv);
          }
        }
      }
    }
  }
  return all;
}

Input<float> random_input(std::size_t size, std::uint64_t seed) {
  Random random(seed);
  Input<float> x(size);
  for (float& v : x) v = random.uniform(-1.0F, 1.0F);
  return x;
}

std::size_t lines(const Convolution& conv) {
  return static_cast<std::size_t>(conv.images * conv.map().out_height);
}

}  // namespace

TEST_CASE("depthwise: every kernel, stride, dilation and border") {
  for (const Convolution& conv : convolutions()) {
    CAPTURE(conv.height);
    CAPTURE(conv.kernel_height);
    CAPTURE(conv.stride);
    CAPTURE(conv.dilation);
    CAPTURE(conv.channels);
    const auto channels = static_cast<std::size_t>(conv.channels);
    const Input<float> a = random_input(conv.input_size(), 1);
    const Input<float> weights =
        random_input(static_cast<std::size_t>(conv.map().segments()) * channels, 2);
    const Input<float> bias = random_input(channels, 3);
    DepthwiseProduct p;
    p.a = a.data();
    p.rows = conv.map();
    p.channels = channels;
    p.weights = weights.data();
    p.bias = bias.data();
    p.activation = {UnaryMethod::clamp, -1.0F, 1.0F};
    std::vector<float> expected(conv.rows() * channels);
    for (std::size_t m = 0; m < conv.rows(); ++m) {
      for (std::size_t c = 0; c < channels; ++c) {
        double sum = bias[c];
        for (std::int64_t s = 0; s < p.rows.segments(); ++s) {
          const std::int64_t offset = octavo::test::segment_offset(p.rows, m, s);
          if (offset < 0) continue;
          sum += double{a[static_cast<std::size_t>(offset) + c]} *
                 double{weights[static_cast<std::size_t>(s) * channels + c]};
        }
        expected[m * channels + c] = static_cast<float>(std::min(std::max(sum, -1.0), 1.0));
      }
    }
    for_each_isa([&](const KernelTable& table) {
      std::vector<float> out(expected.size() + 1, -77.0F);
      p.out = out.data();
      const std::size_t half = lines(conv) / 2;
      table.depthwise_product(p, half, lines(conv));
      table.depthwise_product(p, 0, half);
      double worst = 0.0;
      for (std::size_t i = 0; i < expected.size(); ++i) {
        worst = std::max(worst, std::abs(double{out[i]} - double{expected[i]}));
      }
      CHECK(worst < 1e-5);
      CHECK(out.back() == -77.0F);
    });
  }
}

TEST_CASE("depthwise: no bias, NaN stays in its channel") {
  const Convolution conv{.images = 1,
                         .height = 5,
                         .width = 5,
                         .channels = 9,
                         .kernel_height = 3,
                         .kernel_width = 3,
                         .padding = 1};
  Input<float> a = random_input(conv.input_size(), 4);
  const Input<float> weights = random_input(81, 5);
  a[(2 * 5 + 2) * 9 + 8] = std::numeric_limits<float>::quiet_NaN();
  for_each_isa([&](const KernelTable& table) {
    std::vector<float> out(conv.rows() * 9);
    DepthwiseProduct p;
    p.a = a.data();
    p.rows = conv.map();
    p.channels = 9;
    p.weights = weights.data();
    p.out = out.data();
    table.depthwise_product(p, 0, 5);
    std::size_t nans = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (std::isnan(out[i])) ++nans;
      if (i % 9 != 8) CHECK_FALSE(std::isnan(out[i]));
    }
    CHECK(nans == 9);
  });
}

TEST_CASE("pool: every window, in the bits of the reference") {
  for (const Convolution& conv : convolutions()) {
    CAPTURE(conv.kernel_height);
    CAPTURE(conv.stride);
    CAPTURE(conv.channels);
    const auto channels = static_cast<std::size_t>(conv.channels);
    Input<float> a = random_input(conv.input_size(), 6);
    a[a.size() / 2] = std::numeric_limits<float>::quiet_NaN();
    for (const PoolMethod method : {PoolMethod::maximum, PoolMethod::average}) {
      for (const std::int64_t divisor : {std::int64_t{0}, conv.map().segments()}) {
        Pool p;
        p.method = method;
        p.a = a.data();
        p.rows = conv.map();
        p.channels = channels;
        p.divisor = divisor;
        std::vector<float> expected(conv.rows() * channels);
        p.out = expected.data();
        reference().pool(p, 0, lines(conv));
        for_each_isa([&](const KernelTable& table) {
          std::vector<float> out(expected.size(), -77.0F);
          p.out = out.data();
          table.pool(p, lines(conv) / 3, lines(conv));
          table.pool(p, 0, lines(conv) / 3);
          CHECK(octavo::test::count_different(out, expected) == 0);
        });
      }
    }
  }
}

TEST_CASE("pool: by hand") {
  // 1x3 windows with padding over {1, NaN, -3, 5, 4}.
  const float nan = std::numeric_limits<float>::quiet_NaN();
  Input<float> a(5);
  const std::array<float, 5> values = {1.0F, nan, -3.0F, 5.0F, 4.0F};
  std::copy(values.begin(), values.end(), a.begin());
  Pool p;
  p.a = a.data();
  p.channels = 1;
  p.rows.in_width = p.rows.out_width = 5;
  p.rows.kernel_width = 3;
  p.rows.pad_left = 1;
  p.rows.pixel_stride = 1;
  for_each_isa([&](const KernelTable& table) {
    std::vector<float> out(5);
    p.out = out.data();
    p.method = PoolMethod::maximum;
    table.pool(p, 0, 1);
    CHECK(octavo::test::count_different(out, {nan, nan, nan, 5.0F, 5.0F}) == 0);
    p.method = PoolMethod::average;
    table.pool(p, 0, 1);
    CHECK(octavo::test::count_different(out, {nan, nan, nan, 2.0F, 4.5F}) == 0);
  });
}
