#include "tools/builtin_models.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/session.hpp"

#include "tools/measure.hpp"
#include "tools/seeded_normal.hpp"

using namespace octavo;

TEST_CASE("seeded normal: the numbers never change") {
  tools::SeededNormal random(1);
  // Twelve 16-bit fields of SplitMix64's first outputs for seed 1.
  const std::array<float, 4> expected{77649.0F / 65536.0F, 24274.0F / 65536.0F,
                                      -29037.0F / 65536.0F, -22393.0F / 65536.0F};
  for (const float value : expected) CHECK(random.next() == value);
}

TEST_CASE("seeded normal: mean 0, deviation 1, tails as those of twelve uniform numbers") {
  tools::SeededNormal random(7);
  constexpr int kCount = 100000;
  double sum = 0;
  double squares = 0;
  int beyond_two = 0;
  for (int i = 0; i < kCount; ++i) {
    const double value = static_cast<double>(random.next());
    sum += value;
    squares += value * value;
    beyond_two += std::abs(value) > 2 ? 1 : 0;
  }
  CHECK(std::abs(sum / kCount) < 0.02);
  CHECK(std::abs(squares / kCount - 1) < 0.02);
  CHECK(std::abs(static_cast<double>(beyond_two) / kCount - 0.0455) < 0.005);
}

TEST_CASE("seeded normal: heavy tails keep the deviation") {
  std::vector<float> values(200000);
  tools::SeededNormal(3).fill_heavy_tailed(values, 2.0F);
  double squares = 0;
  double fourths = 0;
  for (const float value : values) {
    const double square = static_cast<double>(value) * static_cast<double>(value);
    squares += square;
    fourths += square * square;
  }
  const auto count = static_cast<double>(values.size());
  CHECK(std::abs(squares / count - 4.0) < 0.1);
  CHECK(std::abs(fourths / count / std::pow(squares / count, 2) - 5.2) < 0.4);
}

namespace {

struct Size {
  std::uint64_t macs;
  std::uint64_t parameters;  // of products
};

Size size_of(const Session& session) {
  Size size{0, 0};
  for (const LayerInfo& layer : session.layers()) {
    size.macs += layer.macs;
    if (layer.macs > 0) size.parameters += layer.parameters;
  }
  return size;
}

/// Plans, runs once on random input and checks that the outputs are finite and not constant.
Size check_runs(const Model& model, const Shape& output_shape) {
  Session session(model, {.precision = Precision::float32});
  tools::fill_inputs(session, 1);
  session.run();
  const TensorView output = session.output(0);
  CHECK(output.shape() == output_shape);
  const auto values = output.data<float>();
  bool finite = true;
  bool varied = false;
  for (const float value : values) {
    finite = finite && std::isfinite(value);
    varied = varied || value != values[0];
  }
  CHECK(finite);
  CHECK(varied);
  return size_of(session);
}

}  // namespace

TEST_CASE("built-in models: sizes are those of the published networks") {
  SUBCASE("mlp") {
    const Size size = check_runs(tools::make_mlp(), {1, 10});
    CHECK(size.macs == 768 * 3072 + 3072 * 3072 + 3072 * 768 + 768 * 10);
    CHECK(size.parameters == size.macs + 3072 + 3072 + 768 + 10);
  }
  SUBCASE("resnet18") {
    const Size size = check_runs(tools::make_resnet18(), {1, 1000});
    CHECK(size.macs == 1814073344);
    CHECK(size.parameters == 11684712);  // batch normalization leaves one bias per channel
  }
  SUBCASE("mobilenet_v2") {
    const Size size = check_runs(tools::make_mobilenet_v2(), {1, 1000});
    CHECK(size.macs == 300774272);
    CHECK(size.parameters == 3487816);
  }
  SUBCASE("encoder") {
    const Size size = check_runs(tools::make_encoder(16), {1, 16, 768});
    constexpr std::uint64_t kWeights = std::uint64_t{4} * (4 * 768 * 768 + 2 * 768 * 3072);
    CHECK(size.macs == kWeights * 16);
    CHECK(size.parameters == kWeights + std::uint64_t{4} * (5 * 768 + 3072));
  }
}
