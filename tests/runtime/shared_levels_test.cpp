#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/octavo.hpp"

#include "tests/runtime/sample_models.hpp"

// Layers that quantize one activation alike share its levels.
namespace octavo {
namespace {

using test::copy;
using test::fill;

/// The extremes, counting how often it is asked.
class Counting final : public RangeEstimator {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "counting"; }
  [[nodiscard]] Range estimate(const ActivationStatistics& statistics,
                               const Range*) const override {
    ++asked;
    return statistics.extrema;
  }

  mutable std::atomic<int> asked = 0;
};

/// x -> query, key and value of the rows of x, and of a function of it; rows enough for blocks.
Model attention_inputs() {
  GraphBuilder g("attention_inputs");
  test::RandomConstants constant(g);
  const auto x = g.input("x", DataType::float32, {300, 256});
  const auto products = [&](GraphBuilder::Value of, const std::string& prefix) {
    for (const char* name : {"query", "key", "value"}) {
      const std::string layer = prefix + name;
      const std::int64_t columns = name[0] == 'v' ? 40 : 64;
      const auto weights = constant((layer + ".w").c_str(), {256, columns});
      g.output(g.node("MatMul", {of, weights}, {}, layer), layer + ".y");
    }
  };
  products(x, "first.");
  products(g.node("Tanh", {x}), "second.");
  return std::move(g).build();
}

struct Results {
  std::vector<std::vector<float>> outputs;
  std::vector<Range> ranges;  ///< of the layers that quantize
  int asked = 0;              ///< in one run
};

Results run(const SessionOptions& options, const Counting& estimator) {
  Session session(attention_inputs(), options);
  Results results;
  for (const std::uint32_t seed : {7U, 8U}) {
    fill(session.input(0).data<float>(), seed);
    estimator.asked = 0;
    results.ranges.clear();
    session.run_observed([&](std::size_t layer, const LayerTensors& tensors) {
      if (!session.layers()[layer].quantizable) return;
      REQUIRE(!tensors.input_ranges.empty());
      results.ranges.push_back(tensors.input_ranges[0]);
    });
    results.asked = estimator.asked;
    for (std::size_t i = 0; i < session.output_count(); ++i) {
      results.outputs.push_back(copy(session.output(i)));
    }
  }
  return results;
}

TEST_CASE("shared levels: an activation of several layers is quantized once, with equal results") {
  for (const std::size_t threads : {1, 3}) {
    const auto estimator = std::make_shared<Counting>();
    SessionOptions options{
        .precision = Precision::int8, .estimator = estimator, .threads = threads};
    const Results shared = run(options, *estimator);
    CHECK(shared.asked == 2);

    // Another estimator for one layer: the others still share, and it answers the same.
    options.layer_estimators["first.key"] = std::make_shared<Counting>();
    const Results partly = run(options, *estimator);
    CHECK(partly.asked == 2);
    CHECK(partly.outputs == shared.outputs);

    for (const char* layer :
         {"first.query", "first.value", "second.query", "second.key", "second.value"}) {
      options.layer_estimators[layer] = std::make_shared<Counting>();
    }
    const Results apart = run(options, *estimator);
    CHECK(apart.asked == 0);
    CHECK(apart.outputs == shared.outputs);
    REQUIRE(apart.ranges.size() == 6);
    REQUIRE(shared.ranges.size() == 6);
    for (std::size_t i = 0; i < 6; ++i) {
      CHECK(shared.ranges[i].low == apart.ranges[i].low);
      CHECK(shared.ranges[i].high == apart.ranges[i].high);
    }
  }
}

TEST_CASE("shared levels: rows with ranges of their own are not shared") {
  const auto estimator = std::make_shared<Counting>();
  const Results results =
      run({.precision = Precision::int8, .range_scope = RangeScope::row, .estimator = estimator},
          *estimator);
  CHECK(results.asked == 6 * 300);
}

TEST_CASE("shared levels: every layer counts how often its clip guard held") {
  RangeSettings settings;
  auto& ranges = settings.ranges;
  for (const char* layer : {"first.query", "first.key"}) ranges[layer] = {-0.25F, 0.25F};
  Session session(attention_inputs().with_range_settings(settings),
                  {.precision = Precision::int8, .clip_guard = 0.01F});
  fill(session.input(0).data<float>(), 9);
  for (int i = 0; i < 3; ++i) session.run();
  std::size_t guarded = 0;
  for (std::size_t i = 0; i < session.layers().size(); ++i) {
    const bool has_range = ranges.contains(session.layers()[i].name);
    CHECK(session.clip_guard_count(i) == (has_range ? 3U : 0U));
    guarded += has_range ? 1 : 0;
  }
  CHECK(guarded == 2);
}

}  // namespace
}  // namespace octavo
