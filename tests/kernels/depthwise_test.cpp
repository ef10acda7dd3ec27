#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "tests/kernels/fixtures.hpp"

using namespace octavo::kernels;
using octavo::test::Convolution;
using octavo::test::for_each_isa;
using octavo::test::Input;
using octavo::test::random_input;
using octavo::test::window_convolutions;

namespace {

/// What is added before and behind the input, in zeros.
struct Padding {
  std::int64_t top = 0, left = 0, bottom = 0, right = 0;
};

struct Layer {
  RowMap map;
  std::int64_t images, channels;
};

/// A convolution without dilation, with other padding than its own.
Layer layer(const Convolution& conv, const Padding& padding) {
  RowMap map = conv.map();
  map.pad_top = padding.top;
  map.pad_left = padding.left;
  const auto outputs = [&](std::int64_t padded, std::int64_t kernel) {
    return padded < kernel ? 0 : (padded - kernel) / conv.stride + 1;
  };
  map.out_height = outputs(conv.height + padding.top + padding.bottom, conv.kernel_height);
  map.out_width = outputs(conv.width + padding.left + padding.right, conv.kernel_width);
  return {map, conv.images, conv.channels};
}

/// A depthwise product of random numbers.
class Depthwise {
 public:
  explicit Depthwise(const Layer& layer)
      : a(random_input(static_cast<std::size_t>(layer.images * layer.map.image_stride), 1)),
        lines_(static_cast<std::size_t>(layer.images * layer.map.out_height)),
        weights_(random_input(static_cast<std::size_t>(layer.map.segments() * layer.channels), 2)),
        bias_(random_input(static_cast<std::size_t>(layer.channels), 3)) {
    product_.rows = layer.map;
    product_.channels = static_cast<std::size_t>(layer.channels);
    product_.activation = {UnaryMethod::clamp, -1.0F, 1.0F};
    product_.weights = weights_.data();
    product_.bias = bias_.data();
  }

  std::size_t lines() const { return lines_; }
  void remove_bias() {
    std::fill(bias_.begin(), bias_.end(), 0.0F);
    product_.bias = nullptr;
  }

  /// Runs `step` lines at a time, the last ones first.
  std::vector<float> run(const KernelTable& table, std::size_t step) const {
    std::vector<float> out(size() + 1, -77.0F);
    DepthwiseProduct p = product_;
    p.a = a.data();
    p.out = out.data();
    for (std::size_t end = lines_; end > 0; end -= std::min(step, end)) {
      table.depthwise_product(p, end - std::min(step, end), end);
    }
    CHECK(out.back() == -77.0F);
    out.pop_back();
    return out;
  }

  std::vector<double> expected() const {
    return sums<double>([](double x, double y, double sum) { return x * y + sum; });
  }
  /// In the order of all instruction sets.
  std::vector<float> multiplied_then_added() const {
    return sums<float>([](float x, float y, float sum) {
      const volatile float product = x * y;
      return product + sum;
    });
  }
  std::vector<float> fused() const {
    return sums<float>([](float x, float y, float sum) { return std::fma(x, y, sum); });
  }

  Input<float> a;

 private:
  std::size_t size() const {
    return lines_ * static_cast<std::size_t>(product_.rows.out_width) * product_.channels;
  }

  template <class T, class MultiplyAdd>
  std::vector<T> sums(const MultiplyAdd& multiply_add) const {
    const RowMap& map = product_.rows;
    std::vector<T> all;
    all.reserve(size());
    for (std::size_t n = 0; n < size(); ++n) {
      const std::size_t c = n % product_.channels;
      T sum = bias_[c];
      for (std::int64_t k = 0; k < map.segments(); ++k) {
        const std::int64_t s = k % map.kernel_height * map.kernel_width + k / map.kernel_height;
        const std::int64_t offset = octavo::test::segment_offset(map, n / product_.channels, s);
        if (offset < 0) continue;
        sum = multiply_add(T{a[static_cast<std::size_t>(offset) + c]},
                           T{weights_[static_cast<std::size_t>(s) * product_.channels + c]}, sum);
      }
      all.push_back(std::isnan(sum) ? sum : std::min(std::max(sum, T{-1}), T{1}));
    }
    return all;
  }

  std::size_t lines_;
  Input<float> weights_, bias_;
  DepthwiseProduct product_;
};

template <class T>
double largest_difference(const std::vector<float>& x, const std::vector<T>& y) {
  double largest = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    largest = std::max(largest, std::abs(double{x[i]} - double{y[i]}));
  }
  return largest;
}

/// Every instruction set is near the sums in double, and equal to those in its own arithmetic.
void check_depthwise(const Layer& layer) {
  if (layer.map.out_height <= 0 || layer.map.out_width <= 0) return;
  CAPTURE(layer.map.in_height);
  CAPTURE(layer.map.in_width);
  CAPTURE(layer.map.kernel_height);
  CAPTURE(layer.map.stride_height);
  CAPTURE(layer.map.dilation_height);
  CAPTURE(layer.map.pad_top);
  CAPTURE(layer.map.pad_left);
  CAPTURE(layer.channels);
  Depthwise d(layer);
  if (layer.channels % 2 == 0) d.remove_bias();
  const std::vector<double> expected = d.expected();
  const std::vector<float> fused = d.fused();
  const std::vector<float> unfused = d.multiplied_then_added();
  for_each_isa([&](const KernelTable& table) {
    const std::vector<float> out = d.run(table, d.lines());
    CHECK(largest_difference(out, expected) < 1e-5);
    CHECK((largest_difference(out, fused) == 0.0 || largest_difference(out, unfused) == 0.0));
  });
}

}  // namespace

TEST_CASE("depthwise: every kernel, stride, dilation and border") {
  for (const Convolution& conv : window_convolutions()) {
    check_depthwise({conv.map(), conv.images, conv.channels});
  }
}

TEST_CASE("depthwise: padding of every side apart") {
  for (const std::int64_t kernel : {3, 5}) {
    for (const std::int64_t stride : {1, 2}) {
      for (std::int64_t sides = 0; sides < kernel * kernel * kernel * kernel; ++sides) {
        const std::int64_t left_right = sides / (kernel * kernel);
        check_depthwise(layer(
            {.images = 1,
             .height = 4,
             .width = 5,
             .channels = 9,
             .kernel_height = kernel,
             .kernel_width = kernel,
             .stride = stride},
            {sides % kernel, left_right % kernel, sides / kernel % kernel, left_right / kernel}));
      }
    }
  }
}

TEST_CASE("depthwise: every size and every number of channels") {
  for (const std::int64_t kernel : {3, 5}) {
    for (const std::int64_t stride : {1, 2}) {
      for (std::int64_t size = 1; size <= 12; ++size) {
        check_depthwise(layer({.images = 3,
                               .height = size,
                               .width = 13 - size,
                               .channels = 12 - size / 2,
                               .kernel_height = kernel,
                               .kernel_width = kernel,
                               .stride = stride},
                              {kernel / 2, kernel / 2, kernel / 2, kernel / 2}));
      }
      check_depthwise(layer({.images = 2,
                             .height = 75,
                             .width = 3,
                             .channels = 11,
                             .kernel_height = kernel,
                             .kernel_width = kernel,
                             .stride = stride},
                            {1, 1, 1, 1}));
      for (std::int64_t channels = 1; channels <= 36; ++channels) {
        check_depthwise(layer({.images = 1,
                               .height = 3,
                               .width = 6,
                               .channels = channels,
                               .kernel_height = kernel,
                               .kernel_width = kernel,
                               .stride = stride},
                              {1, 0, 1, 2}));
      }
      check_depthwise(layer({.images = 1,
                             .height = 3,
                             .width = 5,
                             .channels = 512,
                             .kernel_height = kernel,
                             .kernel_width = kernel,
                             .stride = stride},
                            {1, 1, 1, 1}));
      for (const std::int64_t width : {27, 28, 29, 57, 58, 130}) {
        check_depthwise(layer({.images = 1,
                               .height = 5,
                               .width = width,
                               .channels = 17,
                               .kernel_height = kernel,
                               .kernel_width = kernel,
                               .stride = stride},
                              {0, kernel - 1, kernel / 2, 0}));
      }
    }
  }
}

TEST_CASE("depthwise: the same bits however the lines are split") {
  for (const std::int64_t kernel : {3, 4, 5}) {
    for (const std::int64_t stride : {1, 2}) {
      const Depthwise d(layer({.images = 2,
                               .height = 9,
                               .width = 31,
                               .channels = 19,
                               .kernel_height = kernel,
                               .kernel_width = kernel,
                               .stride = stride},
                              {1, 1, 1, 1}));
      for_each_isa([&](const KernelTable& table) {
        const std::vector<float> whole = d.run(table, d.lines());
        for (const std::size_t step : {1U, 2U, 3U, 5U}) {
          CHECK(octavo::test::count_different(d.run(table, step), whole) == 0);
        }
      });
    }
  }
}

TEST_CASE("depthwise: NaN reaches the outputs that it is part of, and no others") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const std::int64_t kernel : {3, 4, 5}) {
    for (const std::int64_t stride : {1, 2}) {
      Depthwise d(layer({.images = 2,
                         .height = 6,
                         .width = 7,
                         .channels = 9,
                         .kernel_height = kernel,
                         .kernel_width = kernel,
                         .stride = stride},
                        {kernel - 1, kernel - 1, kernel - 1, kernel - 1}));
      const std::size_t image = 6 * 7 * 9;
      std::fill(d.a.begin() + image, d.a.end(), nan);
      for (const std::size_t position : {0U, 6U, 17U, 41U}) {
        const std::size_t at = position * 9 + 8;
        const float before = std::exchange(d.a[at], nan);
        const std::vector<double> expected = d.expected();
        for_each_isa([&](const KernelTable& table) {
          const std::vector<float> out = d.run(table, d.lines());
          std::size_t different = 0;
          for (std::size_t i = 0; i < out.size(); ++i) {
            different += std::isnan(out[i]) == std::isnan(expected[i]) ? 0 : 1;
          }
          CHECK(different == 0);
        });
        d.a[at] = before;
      }
    }
  }
}
