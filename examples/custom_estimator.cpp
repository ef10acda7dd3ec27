// A range estimator of one's own: mean plus and minus k standard deviations. It is used in a
// session over a small two-layer network, next to float32 and to the built-in "max".

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <random>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "octavo/octavo.hpp"

namespace {

constexpr std::int64_t kInputs = 64;
constexpr std::int64_t kHidden = 128;
constexpr std::int64_t kOutputs = 4;

class SigmaEstimator final : public octavo::RangeEstimator {
 public:
  explicit SigmaEstimator(double k) : k_(k) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "sigma"; }

  [[nodiscard]] octavo::StatisticsRequest needs(octavo::Scheme) const override {
    octavo::StatisticsRequest request;
    request.moments = true;
    return request;
  }

  [[nodiscard]] octavo::Range estimate(const octavo::ActivationStatistics& statistics,
                                       const octavo::Range*) const override {
    const octavo::Moments& moments = statistics.moments;
    const double reach = k_ * std::sqrt(moments.variance);
    const auto within_extrema = [&](double x) {
      return std::clamp(static_cast<float>(x), statistics.extrema.low, statistics.extrema.high);
    };
    return {within_extrema(moments.mean - reach), within_extrema(moments.mean + reach)};
  }

 private:
  double k_;
};

std::vector<float> random_values(std::int64_t n, float deviation, std::mt19937& random) {
  std::normal_distribution<float> distribution(0.0F, deviation);
  std::vector<float> values(static_cast<std::size_t>(n));
  std::ranges::generate(values, [&] { return distribution(random); });
  return values;
}

octavo::Model two_layers(std::mt19937& random) {
  octavo::GraphBuilder builder("two_layers");
  const auto x = builder.input("x", octavo::DataType::float32, {1, kInputs});
  const auto w1 =
      builder.constant("w1", {kInputs, kHidden}, random_values(kInputs * kHidden, 0.2F, random));
  const auto w2 =
      builder.constant("w2", {kHidden, kOutputs}, random_values(kHidden * kOutputs, 0.2F, random));
  const auto hidden = builder.node("Relu", {builder.node("MatMul", {x, w1})});
  builder.output(builder.node("MatMul", {hidden, w2}), "scores");
  return std::move(builder).build();
}

std::vector<float> run(const octavo::Model& model, const octavo::SessionOptions& options,
                       std::span<const float> input) {
  octavo::Session session(model, options);
  std::ranges::copy(input, session.input("x").data<float>().begin());
  session.run();
  const std::span<const float> scores = session.output("scores").data<float>();
  return {scores.begin(), scores.end()};
}

void print(const char* name, std::span<const float> scores) {
  std::printf("%-16s", name);
  for (const float score : scores) std::printf(" %9.4f", static_cast<double>(score));
  std::printf("\n");
}

}  // namespace

int main() {
  try {
    std::mt19937 random(1);
    const octavo::Model model = two_layers(random);
    const std::vector<float> input = random_values(kInputs, 1.0F, random);

    octavo::SessionOptions options;
    options.precision = octavo::Precision::float32;
    print("float32", run(model, options, input));

    options.precision = octavo::Precision::int8;
    options.estimator = octavo::make_estimator("max");
    print("int8, max", run(model, options, input));

    options.estimator = std::make_shared<SigmaEstimator>(4.0);
    print("int8, 4 sigma", run(model, options, input));
  } catch (const octavo::Error& error) {
    std::fprintf(stderr, "custom_estimator: %s\n", error.what());
    return 1;
  }
  return 0;
}
