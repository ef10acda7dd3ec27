#include "kernels/quantization.hpp"

#include <cmath>
#include <limits>

#include "tests/kernels/fixtures.hpp"

using namespace octavo::kernels;
using octavo::Scheme;
using octavo::test::for_each_isa;
using octavo::test::Input;
using octavo::test::Random;
using octavo::test::reference;

namespace {

constexpr float kMax = std::numeric_limits<float>::max();
constexpr float kDenormal = std::numeric_limits<float>::denorm_min();

std::vector<std::uint8_t> quantized(const KernelTable& table, const Input<float>& x,
                                    const Quantization& to) {
  std::vector<std::uint8_t> out(x.size() + 1, 77);
  table.quantize(x.data(), x.size(), to, out.data());
  CHECK(out.back() == 77);
  out.pop_back();
  return out;
}

}  // namespace

TEST_CASE("quantization: symmetric") {
  const Quantization q = quantization_of({-2.54F, 1.0F}, Scheme::symmetric);
  CHECK(q.scale == 2.54F / 127.0F);
  CHECK(q.reciprocal == 1.0F / q.scale);
  CHECK(q.zero_point == 128);
}

TEST_CASE("quantization: asymmetric") {
  const Quantization q = quantization_of({-1.0F, 4.1F}, Scheme::asymmetric);
  CHECK(q.scale == (4.1F + 1.0F) / 255.0F);
  CHECK(q.zero_point == 50);
  // The range is widened to hold 0.
  CHECK(quantization_of({2.0F, 5.1F}, Scheme::asymmetric).scale == 5.1F / 255.0F);
  CHECK(quantization_of({2.0F, 5.1F}, Scheme::asymmetric).zero_point == 0);
  CHECK(quantization_of({-5.1F, -2.0F}, Scheme::asymmetric).zero_point == 255);
}

TEST_CASE("quantization: ranges without extent, tiny and huge") {
  for (const Scheme scheme : {Scheme::symmetric, Scheme::asymmetric}) {
    CHECK(quantization_of({0.0F, 0.0F}, scheme).scale == 1.0F);
    CHECK(quantization_of({0.0F, 0.0F}, scheme).reciprocal == 1.0F);
    CHECK(quantization_of({0.0F, kDenormal}, scheme).scale == 1.0F);
    for (const float extent : {1e-38F, 1e-30F, 1e30F, kMax}) {
      const Quantization q = quantization_of({-extent, extent}, scheme);
      CAPTURE(extent);
      CHECK(std::isfinite(q.scale));
      CHECK(q.scale > 0.0F);
      CHECK(std::isfinite(q.reciprocal));
      CHECK(q.zero_point >= 0);
      CHECK(q.zero_point <= 255);
    }
  }
  CHECK(std::abs(quantization_of({-kMax, kMax}, Scheme::asymmetric).zero_point - 128) <= 1);
  // 2e-38 / 255 has no finite reciprocal.
  CHECK(quantization_of({-1e-38F, 1e-38F}, Scheme::asymmetric).scale == 1.0F);
}

TEST_CASE("quantize: by hand, halves to even, clamped") {
  const float inf = std::numeric_limits<float>::infinity();
  const std::vector<std::pair<float, int>> cases = {
      {0.0F, 128},      {-0.0F, 128},  {0.5F, 128},   {1.5F, 130},   {2.5F, 130},  {-0.5F, 128},
      {-1.5F, 126},     {127.0F, 255}, {127.4F, 255}, {128.0F, 255}, {-128.0F, 0}, {-129.0F, 0},
      {1e9F, 255},      {-1e9F, 0},    {3e9F, 255},   {-3e9F, 0},    {kMax, 255},  {-kMax, 0},
      {kDenormal, 128}, {inf, 255},    {-inf, 0},     {512.0F, 255}, {-512.0F, 0}, {1e-20F, 128}};
  Input<float> x(cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) x[i] = cases[i].first;
  for_each_isa([&](const KernelTable& table) {
    const std::vector<std::uint8_t> q = quantized(table, x, {1.0F, 1.0F, 128});
    for (std::size_t i = 0; i < cases.size(); ++i) {
      CAPTURE(cases[i].first);
      CHECK(q[i] == cases[i].second);
    }
  });
}

TEST_CASE("quantize: the bits of the reference, every length") {
  Random random(1);
  for (std::size_t n = 0; n <= 200; ++n) {
    CAPTURE(n);
    Input<float> x(n, n % 8);
    for (float& v : x) v = random.uniform(-300.0F, 300.0F);
    if (n > 2) x[n / 2] = std::numeric_limits<float>::quiet_NaN();
    for (const int zero_point : {0, 100, 255}) {
      for (const bool divides : {false, true}) {
        const Quantization to{1.7F, 1.0F / 1.7F, zero_point, divides};
        const std::vector<std::uint8_t> expected = quantized(reference(), x, to);
        for_each_isa([&](const KernelTable& table) {
          CHECK(octavo::test::count_different(quantized(table, x, to), expected) == 0);
        });
      }
    }
  }
}

TEST_CASE("quantize: random bit patterns") {
  Input<float> x(1U << 18U);
  Random random(2);
  for (float& v : x) {
    const auto bits = static_cast<std::uint32_t>(random.bits());
    std::memcpy(&v, &bits, sizeof v);
  }
  for (const float scale : {1.0F, 1e-30F, 1e30F}) {
    for (const bool divides : {false, true}) {
      const Quantization to{scale, 1.0F / scale, 37, divides};
      const std::vector<std::uint8_t> expected = quantized(reference(), x, to);
      for_each_isa([&](const KernelTable& table) {
        CHECK(octavo::test::count_different(quantized(table, x, to), expected) == 0);
      });
    }
  }
}

TEST_CASE("quantize: by division, as ONNX defines it") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  Random random(4);
  Input<float> x(4096);
  for (float& v : x) v = random.uniform(-40.0F, 40.0F);
  x[1] = std::numeric_limits<float>::quiet_NaN();
  x[2] = kInfinity;
  x[3] = -kInfinity;
  x[4] = 0.0F;
  for (const float scale : {0.1F, 0.3F, -0.2F, 0.0F, kInfinity, 1e-40F}) {
    CAPTURE(scale);
    std::vector<std::uint8_t> expected;
    for (const float v : x) {
      const float quotient = v / scale;
      const float level = (std::isnan(quotient) ? 0.0F : std::nearbyint(quotient)) + 100.0F;
      expected.push_back(static_cast<std::uint8_t>(std::fmin(std::fmax(level, 0.0F), 255.0F)));
    }
    for_each_isa([&](const KernelTable& table) {
      const Quantization to{scale, 1.0F / scale, 100, true};
      CHECK(octavo::test::count_different(quantized(table, x, to), expected) == 0);
    });
  }
}

TEST_CASE("quantize: what a range covers comes back within half a step") {
  Random random(3);
  for (const Scheme scheme : {Scheme::symmetric, Scheme::asymmetric}) {
    Input<float> x(1000);
    for (float& v : x) v = random.uniform(-3.0F, 7.0F);
    const Quantization to = quantization_of({-3.0F, 7.0F}, scheme);
    const std::vector<std::uint8_t> q = quantized(reference(), x, to);
    double worst = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double back = (q[i] - to.zero_point) * double{to.scale};
      worst = std::max(worst, std::abs(back - double{x[i]}));
    }
    CHECK(worst < 0.501 * double{to.scale} + (scheme == Scheme::asymmetric ? to.scale * 0.5 : 0.0));
  }
}
