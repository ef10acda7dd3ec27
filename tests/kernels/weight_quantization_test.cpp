#include <cmath>
#include <limits>

#include "kernels/chain_condition.hpp"
#include "tests/kernels/int8_problem.hpp"

using namespace octavo::kernels;
using octavo::test::for_each_isa;
using octavo::test::Random;
using octavo::test::reference;

namespace {

std::vector<float> normal_weights(std::size_t n, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> w(n);
  for (float& x : w) x = random.normal();
  return w;
}

/// What quantizing loses, in dB below the signal.
double signal_to_noise(const std::vector<float>& w, const QuantizedWeights& q,
                       const WeightShape& shape) {
  double signal = 0.0;
  double noise = 0.0;
  for (std::size_t i = 0; i < w.size(); ++i) {
    const double back = double{q.scales[i / (shape.segments * shape.depth)]} * q.values[i];
    signal += double{w[i]} * w[i];
    noise += (w[i] - back) * (w[i] - back);
  }
  return 10.0 * std::log10(signal / noise);
}

constexpr float kAnyLoss = 100.0F;

}  // namespace

TEST_CASE("weights: levels, errors and noise are those of the reference") {
  for (std::size_t n = 0; n <= 200; ++n) {
    std::vector<float> w = normal_weights(n + 1, n);
    if (n > 8) {
      w[1] = 0.0F;
      w[2] = -0.0F;
      w[3] = 1e-42F;
      w[4] = 4.5F / 8.0F;  // ties at a scale of 1 / 8
      w[5] = -5.5F / 8.0F;
      w[6] = 1e30F;
      w[7] = -127.5F / 8.0F;
    }
    const std::span<const float> column = std::span(w).subspan(1);  // unaligned
    for (const float scale : {0.125F, 0.0317F, 1e-30F, 1e10F}) {
      std::vector<std::int8_t> values(n);
      std::vector<float> errors(n);
      reference().round_weights(column.data(), n, scale, values.data(), errors.data());
      const double noise = reference().rounding_noise(column.data(), n, scale);
      for_each_isa([&](const KernelTable& table) {
        CAPTURE(table.name);
        std::vector<std::int8_t> found(n);
        std::vector<float> found_errors(n);
        table.round_weights(column.data(), n, scale, found.data(), found_errors.data());
        CHECK(found == values);
        CHECK(found_errors == errors);
        CHECK(table.rounding_noise(column.data(), n, scale) == noise);
      });
    }
  }
}

TEST_CASE("weights: every instruction set quantizes alike") {
  for (const WeightShape& shape : {WeightShape{5, 1, 1100}, WeightShape{7, 3, 130}}) {
    const std::vector<float> w = normal_weights(shape.size(), 11);
    for (const int chain : {0, 4}) {
      const QuantizedWeights expected =
          quantize_weights(reference(), w, shape, shape.depth, chain, 5.0F);
      for_each_isa([&](const KernelTable& table) {
        const QuantizedWeights found = quantize_weights(table, w, shape, shape.depth, chain, 5.0F);
        CHECK(found.values == expected.values);
        CHECK(found.scales == expected.scales);
        CHECK(found.chain == expected.chain);
      });
    }
  }
}

TEST_CASE("weights: NaN and infinity are found") {
  const WeightShape shape{3, 1, 70};
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
        -std::numeric_limits<float>::infinity()}) {
    for (std::size_t i = 0; i < shape.size(); ++i) {
      std::vector<float> w = normal_weights(shape.size(), 12);
      w[i] = bad;
      for (const int chain : {0, 4}) {
        CHECK_FALSE(quantize_weights(reference(), w, shape, shape.depth, chain, 5.0F).finite);
      }
    }
  }
}

TEST_CASE("weights: in a long column the largest magnitude becomes 127") {
  const WeightShape shape{2, 1, 1200};
  std::vector<float> w = normal_weights(shape.size(), 3);
  std::fill(w.begin() + 1200, w.end(), 0.0F);
  w[17] = -25.4F;
  const QuantizedWeights q = quantize_weights(reference(), w, shape, shape.depth, 0, 0.0F);
  CHECK(q.chain == 0);
  CHECK(q.scales[0] == 25.4F / 127.0F);
  CHECK(q.scales[1] == 1.0F);
  CHECK(q.values[17] == -127);
  for (std::size_t i = 1200; i < 2400; ++i) CHECK(q.values[i] == 0);
}

TEST_CASE("weights: a short column takes a scale that loses less") {
  const WeightShape shape{64, 1, 12};
  const std::vector<float> w = normal_weights(shape.size(), 4);
  const QuantizedWeights q = quantize_weights(reference(), w, shape, shape.depth, 0, 0.0F);
  double plain = 0.0;
  double chosen = 0.0;
  for (std::size_t n = 0; n < shape.columns; ++n) {
    const std::span<const float> column(w.data() + n * 12, 12);
    float largest = 0.0F;
    for (const float x : column) largest = std::max(largest, std::abs(x));
    const double before = reference().rounding_noise(column.data(), 12, largest / 127.0F);
    const double after = reference().rounding_noise(column.data(), 12, q.scales[n]);
    CHECK(after <= 1.0001 * before);
    plain += before;
    chosen += after;
  }
  CHECK(chosen < 0.7 * plain);
}

TEST_CASE("weights: rounding errors cancel within kernels and columns, whatever the chain") {
  constexpr std::size_t kChannels = 40;
  const WeightShape shape{24, 3, 3 * kChannels};
  const std::vector<float> w = normal_weights(shape.size(), 5);
  for (const int chain : {0, 1, 4}) {
    CAPTURE(chain);
    const QuantizedWeights q = quantize_weights(reference(), w, shape, kChannels, chain, kAnyLoss);
    CHECK(q.chain == chain);
    const std::size_t size = shape.segments * shape.depth;
    double kernels = 0.0;
    double columns = 0.0;
    for (std::size_t n = 0; n < shape.columns; ++n) {
      double column = 0.0;
      for (std::size_t c = 0; c < kChannels; ++c) {
        double kernel = 0.0;
        for (std::size_t k = n * size + c; k < (n + 1) * size; k += kChannels) {
          const double error =
              double{w[k]} / double{q.scales[n]} - static_cast<double>(q.values[k]);
          if (std::abs(error) > 1.0) {
            CHECK(std::abs(q.values[k]) == 127);  // clipped
            continue;
          }
          kernel += error;
        }
        kernels += kernel * kernel;
        column += kernel;
      }
      columns += column * column;
      if (chain == 0) CHECK(std::abs(column) < 0.51);
    }
    // Nine independent errors in a kernel would have a variance of 9 / 12, a column's 360 / 12.
    CHECK(kernels / (24.0 * kChannels) < 0.25);
    // A chain's condition forbids some of the moves.
    CHECK(columns / 24.0 < (chain == 4 ? 15.0 : 1.0));
  }
}

TEST_CASE("weights: every chain is met, as tightly as rounding allows") {
  for (const WeightShape shape :
       {WeightShape{20, 1, 1300}, WeightShape{17, 9, 21}, WeightShape{16, 3, 400},
        WeightShape{5, 1, 1}, WeightShape{33, 2, 7}}) {
    const std::vector<float> w = normal_weights(shape.size(), shape.depth);
    double best = 0.0;
    for (int chain = 0; chain <= 4; ++chain) {
      CAPTURE(shape.depth);
      CAPTURE(chain);
      const QuantizedWeights q =
          quantize_weights(reference(), w, shape, shape.depth, chain, kAnyLoss);
      CHECK(q.chain == chain);
      const double quality = signal_to_noise(w, q, shape);
      if (chain == 0) best = quality;
      CHECK(best - quality < 8.0);
      if (chain == 0) continue;
      const PackedInt8 packed(q.values, shape);
      for (const Int8Method method : packed.methods()) CHECK(method != Int8Method::wide);
      if (chain != 4 || shape.depth < 100) continue;
      for (const Int8Method method : packed.methods()) CHECK(method == Int8Method::chain4);
      // A scale a little smaller breaks the condition in a column that was enlarged.
      const QuantizedWeights free = quantize_weights(reference(), w, shape, shape.depth, 0, 0.0F);
      for (std::size_t n = 0; n < shape.columns; ++n) {
        if (q.scales[n] == free.scales[n]) continue;
        QuantizedWeights tighter = q;
        const float scale = q.scales[n] * 0.9999F;
        const std::size_t size = shape.segments * shape.depth;
        for (std::size_t i = n * size; i < (n + 1) * size; ++i) {
          tighter.values[i] = static_cast<std::int8_t>(std::nearbyint(w[i] / scale));
        }
        CHECK(PackedInt8(tighter.values, shape).methods()[n / 16] != Int8Method::chain4);
      }
    }
  }
}

TEST_CASE("weights: the longest chain within the loss budget") {
  const WeightShape shape{64, 1, 1536};
  const std::vector<float> w = normal_weights(shape.size(), 1);
  const double free =
      signal_to_noise(w, quantize_weights(reference(), w, shape, shape.depth, 0, 0.0F), shape);
  std::vector<double> losses = {0.0};
  for (int chain = 1; chain <= 4; ++chain) {
    losses.push_back(
        free -
        signal_to_noise(w, quantize_weights(reference(), w, shape, shape.depth, chain, kAnyLoss),
                        shape));
    CHECK(losses.back() > losses[static_cast<std::size_t>(chain) - 1] - 0.1);
  }
  for (int chain = 1; chain <= 4; ++chain) {
    const auto loss = static_cast<float>(losses[static_cast<std::size_t>(chain)]);
    CHECK(quantize_weights(reference(), w, shape, shape.depth, chain, loss + 0.1F).chain == chain);
    CHECK(quantize_weights(reference(), w, shape, shape.depth, chain, loss - 0.1F).chain < chain);
  }
  CHECK(quantize_weights(reference(), w, shape, shape.depth, 4, 0.0F).chain == 0);
}

TEST_CASE("weights: a column that needs no enlargement costs nothing") {
  // One large weight, the rest small.
  const WeightShape shape{2, 1, 1088};
  std::vector<float> w(shape.size(), 0.004F);
  w[0] = w[1088] = 1.0F;
  const QuantizedWeights q = quantize_weights(reference(), w, shape, shape.depth, 4, 0.0F);
  CHECK(q.chain == 4);
  CHECK(q.scales[0] == 1.0F / 127.0F);
}

TEST_CASE("weights: tiny and huge values do not crash") {
  const WeightShape shape{3, 1, 8};
  std::vector<float> w = normal_weights(shape.size(), 2);
  for (std::size_t i = 0; i < 8; ++i) {
    w[i] *= 1e-45F;
    w[8 + i] *= 5e37F;
    w[16 + i] *= 1e-37F;
  }
  for (int chain = 0; chain <= 4; ++chain) {
    const QuantizedWeights q =
        quantize_weights(reference(), w, shape, shape.depth, chain, kAnyLoss);
    REQUIRE(q.values.size() == w.size());
    CHECK(q.finite);
    for (const std::int8_t v : q.values) CHECK(v >= -127);
    for (const float scale : q.scales) CHECK(scale > 0.0F);
  }
}

TEST_CASE("weights: a panel fits the longest chain where each of its segments does") {
  Random random(12);
  int fitting = 0;
  int misfitting = 0;
  for (int round = 0; round < 4000; ++round) {
    const auto depth = static_cast<std::size_t>(random.between(1, 40));
    const int largest = random.between(40, 128);
    std::vector<std::int8_t> panel(depth * static_cast<std::size_t>(random.between(1, 4)));
    for (std::int8_t& w : panel)
      w = static_cast<std::int8_t>(random.between(-largest, 127 * largest / 128));
    bool expected = true;
    for (std::size_t begin = 0; begin < panel.size(); begin += depth) {
      expected = expected && fits_chain(std::span(panel).subspan(begin, depth), kMaxChain);
    }
    CHECK(fit_longest_chain(panel, depth) == expected);
    ++(expected ? fitting : misfitting);
  }
  CHECK(fitting > 200);
  CHECK(misfitting > 200);
}

TEST_CASE("packing: where every weight goes") {
  const WeightShape shape{18, 2, 6};
  std::vector<std::int8_t> w(shape.size());
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = static_cast<std::int8_t>(i % 31);
  Int8Product p;
  const PackedInt8 packed(w, shape);
  packed.bind(p);
  CHECK(p.depth == 6);
  CHECK(p.packed_depth == 8);
  CHECK(p.columns == 18);
  for (std::size_t n = 0; n < 18; ++n) {
    int sum = 0;
    for (std::size_t s = 0; s < 2; ++s) {
      for (std::size_t k = 0; k < 8; ++k) {
        const std::size_t group = (n / 16 * 2 + s) * 2 + k / 4;
        const int expected = k < 6 ? w[(n * 2 + s) * 6 + k] : 0;
        CHECK(p.b[(group * 16 + n % 16) * 4 + k % 4] == expected);
        sum += expected;
      }
    }
    CHECK(p.column_sums[n] == sum);
  }
}
