#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "tests/kernels/fixtures.hpp"

using namespace octavo::kernels;
using octavo::test::Convolution;
using octavo::test::for_each_isa;
using octavo::test::Input;
using octavo::test::random_input;
using octavo::test::reference;
using octavo::test::window_convolutions;

namespace {

std::size_t lines(const Convolution& conv) {
  return static_cast<std::size_t>(conv.images * conv.map().out_height);
}

}  // namespace

TEST_CASE("pool: every window, in the bits of the reference") {
  for (const Convolution& conv : window_convolutions()) {
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
          p.wants_extrema = true;
          const Extrema found = table.pool(p, lines(conv) / 3, lines(conv));
          p.wants_extrema = false;
          const std::size_t begin = lines(conv) / 3 * (out.size() / lines(conv));
          const Extrema extrema = reference().extrema(out.data() + begin, out.size() - begin);
          CHECK(found.finite == extrema.finite);
          if (extrema.finite) {
            CHECK(found.low == extrema.low);
            CHECK(found.high == extrema.high);
          }
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
