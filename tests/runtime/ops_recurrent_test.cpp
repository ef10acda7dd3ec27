#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include <doctest/doctest.h>

#include "tests/runtime/op_harness.hpp"
#include "tests/runtime/sample_models.hpp"

using namespace octavo;
using namespace octavo::test;

namespace {

using Doubles = std::vector<double>;

constexpr std::size_t kTime = 4, kBatch = 2, kInput = 3, kHidden = 5;

double sigmoid(double x) {
  return 1.0 / (1.0 + std::exp(-x));
}

/// Constants of a bidirectional layer with `gates` gates, and its input.
struct Layer {
  explicit Layer(std::size_t gate_count)
      : gates(gate_count),
        x(random_values(kTime * kBatch * kInput, 1)),
        w(random_values(2 * gates * kHidden * kInput, 2)),
        r(random_values(2 * gates * kHidden * kHidden, 3)),
        b(random_values(2 * 2 * gates * kHidden, 4)),
        h(random_values(2 * kBatch * kHidden, 5)) {}

  std::size_t gates;
  std::vector<float> x, w, r, b, h;

  /// Gate row g * kHidden + i of W x (+ Wb) and of R h (+ Rb), in direction d.
  [[nodiscard]] double input_sum(std::size_t d, std::size_t row, const float* from) const {
    double sum = b[d * 2 * gates * kHidden + row];
    for (std::size_t k = 0; k < kInput; ++k) {
      sum += static_cast<double>(w[(d * gates * kHidden + row) * kInput + k]) * from[k];
    }
    return sum;
  }
  [[nodiscard]] double state_sum(std::size_t d, std::size_t row, const Doubles& state) const {
    double sum = b[d * 2 * gates * kHidden + gates * kHidden + row];
    for (std::size_t k = 0; k < kHidden; ++k) {
      sum += r[(d * gates * kHidden + row) * kHidden + k] * state[k];
    }
    return sum;
  }

  [[nodiscard]] std::vector<Operand> operands(const std::vector<std::int32_t>& lengths) const {
    const auto rows = static_cast<std::int64_t>(gates * kHidden);
    const auto hidden = static_cast<std::int64_t>(kHidden);
    return {fed({kTime, kBatch, kInput}, x), constant({2, rows, kInput}, w),
            constant({2, rows, hidden}, r),  constant({2, 2 * rows}, b),
            fed({kBatch}, lengths),          fed({2, kBatch, hidden}, h)};
  }
};

using Advance = std::function<void(std::size_t d, const float* x, Doubles& h, Doubles& c)>;

/// Runs both directions by their definition and compares Y and Y_h.
void check_layer(std::string_view op, const Layer& layer, std::vector<Operand> operands,
                 const std::vector<std::int32_t>& lengths, Attributes attributes,
                 const Advance& advance) {
  CAPTURE(op);
  attributes["direction"] = std::string("bidirectional");
  attributes["hidden_size"] = static_cast<std::int64_t>(kHidden);
  const auto out = run_node(op, operands, attributes, 2);
  CHECK(out[0].shape == Shape{kTime, 2, kBatch, kHidden});
  std::vector<float> y(kTime * 2 * kBatch * kHidden, 0.0F), last(2 * kBatch * kHidden);
  for (std::size_t d = 0; d < 2; ++d) {
    for (std::size_t n = 0; n < kBatch; ++n) {
      const auto first = layer.h.begin() + static_cast<std::ptrdiff_t>((d * kBatch + n) * kHidden);
      Doubles h(first, first + kHidden), c(kHidden, 0.0);
      const auto length = static_cast<std::size_t>(lengths[n]);
      for (std::size_t step = 0; step < length; ++step) {
        const std::size_t t = d == 1 ? length - 1 - step : step;
        advance(d, layer.x.data() + (t * kBatch + n) * kInput, h, c);
        for (std::size_t i = 0; i < kHidden; ++i) {
          y[((t * 2 + d) * kBatch + n) * kHidden + i] = static_cast<float>(h[i]);
        }
      }
      for (std::size_t i = 0; i < kHidden; ++i) {
        last[(d * kBatch + n) * kHidden + i] = static_cast<float>(h[i]);
      }
    }
  }
  CHECK(largest_difference(out[0].values<float>(), y) < 1e-4);
  CHECK(largest_difference(out[1].values<float>(), last) < 1e-4);
}

}  // namespace

TEST_CASE("ops: RNN, GRU and LSTM by their definitions, in both directions and any length") {
  const std::vector<std::int32_t> lengths{4, 2};
  const Layer rnn(1);
  check_layer("RNN", rnn, rnn.operands(lengths), lengths, {},
              [&](std::size_t d, const float* x, Doubles& h, Doubles&) {
                const Doubles old = h;
                for (std::size_t i = 0; i < kHidden; ++i) {
                  h[i] = std::tanh(rnn.input_sum(d, i, x) + rnn.state_sum(d, i, old));
                }
              });

  const Layer gru(3);
  for (const bool after : {false, true}) {
    check_layer("GRU", gru, gru.operands(lengths), lengths,
                {{"linear_before_reset", std::int64_t{after}}},
                [&](std::size_t d, const float* x, Doubles& h, Doubles&) {
                  const Doubles old = h;
                  Doubles z(kHidden), reset(kHidden), limited(kHidden);
                  for (std::size_t i = 0; i < kHidden; ++i) {
                    z[i] = sigmoid(gru.input_sum(d, i, x) + gru.state_sum(d, i, old));
                    const std::size_t row = kHidden + i;
                    reset[i] = sigmoid(gru.input_sum(d, row, x) + gru.state_sum(d, row, old));
                    limited[i] = reset[i] * old[i];
                  }
                  for (std::size_t i = 0; i < kHidden; ++i) {
                    const std::size_t row = 2 * kHidden + i;
                    const double state = after ? reset[i] * gru.state_sum(d, row, old)
                                               : gru.state_sum(d, row, limited);
                    h[i] = (1 - z[i]) * std::tanh(gru.input_sum(d, row, x) + state) + z[i] * old[i];
                  }
                });
  }

  const Layer lstm(4);
  const std::vector<float> peepholes = random_values(2 * 3 * kHidden, 6);
  std::vector<Operand> operands = lstm.operands(lengths);
  operands.push_back(absent());
  operands.push_back(constant({2, 3 * kHidden}, peepholes));
  check_layer("LSTM", lstm, operands, lengths, {},
              [&](std::size_t d, const float* x, Doubles& h, Doubles& c) {
                const Doubles old = h;
                for (std::size_t i = 0; i < kHidden; ++i) {
                  const float* p = peepholes.data() + d * 3 * kHidden + i;
                  const auto gate = [&](std::size_t g) {
                    const std::size_t row = g * kHidden + i;
                    return lstm.input_sum(d, row, x) + lstm.state_sum(d, row, old);
                  };
                  const double in = sigmoid(gate(0) + p[0] * c[i]);
                  const double forget = sigmoid(gate(2) + p[2 * kHidden] * c[i]);
                  c[i] = forget * c[i] + in * std::tanh(gate(3));
                  h[i] = sigmoid(gate(1) + p[kHidden] * c[i]) * std::tanh(c[i]);
                }
              });
}

TEST_CASE("ops: recurrent layers with other functions, layouts and errors") {
  const std::vector<float> one{1};
  const auto rnn = [&](const Attributes& attributes) {
    return run_node("RNN",
                    {fed<float>({1, 2, 1}, {0.5F, -2}), constant<float>({1, 1, 1}, one),
                     constant<float>({1, 1, 1}, one)},
                    attributes)[0];
  };
  // Batch first: one sample of two steps; else two samples of one step.
  const Attributes relu{{"activations", std::string("Relu")}, {"layout", std::int64_t{1}}};
  CHECK(rnn(relu).shape == Shape{1, 2, 1, 1});
  CHECK(rnn(relu).values<float>() == std::vector<float>{0.5F, 0});
  const Attributes clipped{{"activations", std::string("Affine")},
                           {"activation_alpha", std::vector<float>{2}},
                           {"activation_beta", std::vector<float>{1}},
                           {"clip", 1.0F}};
  CHECK(rnn(clipped).values<float>() == std::vector<float>{2, -1});
  const auto error = [&](const Attributes& attributes, const Operand& r) {
    return error_of("RNN", {fed<float>({1, 2, 1}, {1, 1}), constant<float>({1, 1, 1}, one), r},
                    attributes);
  };
  const Operand r = constant<float>({1, 1, 1}, one);
  CHECK(contains(error({{"activations", std::string("Cube")}}, r), "activation 'Cube'"));
  CHECK(contains(error({{"activations", std::string("Tanh,Tanh")}}, r), "has 2 activations"));
  CHECK(contains(error({{"direction", std::string("up")}}, r), "direction is 'up'"));
  CHECK(contains(error({{"hidden_size", std::int64_t{2}}}, r), "hidden_size differs"));
  CHECK(contains(error({{"clip", -1.0F}}, r), "clip is not positive"));
  CHECK(contains(error({}, constant<float>({1, 2, 1}, {1, 1})), "expected [1, 1, 1]"));
  CHECK(contains(error({}, fed<float>({1, 1, 1}, one)), "must be known beforehand"));
}
