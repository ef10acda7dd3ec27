#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/octavo.hpp"

#include "tests/runtime/sample_models.hpp"
#include "tests/threads/annotated_pool.hpp"
#include "tests/threads/condition_pool.hpp"

/// Sessions of one model on several threads at once, for ThreadSanitizer above all. The kernels of
/// the instruction set "reference" are instrumented; the others are compiled as ever.
using namespace octavo;
using namespace octavo::test;

namespace {

constexpr std::size_t kThreads = 3;

void on_all_threads(const std::function<void(std::size_t)>& body) {
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kThreads; ++i) threads.emplace_back([&body, i] { body(i); });
  for (std::thread& thread : threads) thread.join();
}

/// An application's estimator, which all sessions share.
class Middle final : public RangeEstimator {
 public:
  [[nodiscard]] StatisticsRequest needs(Scheme /*scheme*/) const override {
    return {.moments = true, .histogram_bins = 64};
  }
  [[nodiscard]] Range estimate(const ActivationStatistics& statistics,
                               const Range* /*previous*/) const override {
    const auto deviation = static_cast<float>(statistics.moments.mean_deviation);
    return {std::max(statistics.extrema.low, -6.0F * deviation),
            std::min(statistics.extrema.high, 6.0F * deviation)};
  }
};

/// Large enough for its products to be divided among threads.
const ShapeBindings kLarge{{"image", {2, 32, 16, 16}}};
const ShapeBindings kSmall{{"image", {1, 32, 16, 16}}};

std::vector<float> run(Session& session) {
  fill(session.input(0).data<float>(), 7);
  session.run();
  return copy(session.output(0));
}

/// What `change` makes of the options for each thread, against a session alone.
void check_at_once(SessionOptions options,
                   const std::function<void(std::size_t, SessionOptions&)>& change) {
  const Model model = mostly_weights();
  options.shapes = kLarge;
  Session alone(mostly_weights(), options);
  const std::vector<float> large = run(alone);
  alone.resize(kSmall);
  const std::vector<float> small = run(alone);
  std::array<bool, kThreads> equal{};
  on_all_threads([&](std::size_t i) {
    SessionOptions own = options;
    change(i, own);
    Session session(model, own);
    equal[i] = run(session) == large;
    session.resize(kSmall);
    equal[i] = equal[i] && run(session) == small;
    session.resize(kLarge);
    equal[i] = equal[i] && run(session) == large;
  });
  for (const bool same : equal) CHECK(same);
  CHECK(model.packed_weight_bytes() == 0);
}

}  // namespace

TEST_CASE("threads: sessions on one thread each") {
  for (const Precision precision : {Precision::float32, Precision::int8}) {
    check_at_once({.precision = precision, .isa = "reference"},
                  [](std::size_t, SessionOptions&) {});
  }
}

TEST_CASE("threads: sessions with pools of their own") {
  for (const char* isa : {"reference", ""}) {
    check_at_once({.precision = Precision::int8, .isa = isa},
                  [](std::size_t i, SessionOptions& options) {
                    options.threads = 2;
                    if (i % 2 == 0) options.parallel = std::make_shared<ConditionPool>(2);
                    if (i % 2 == 1) options.parallel = std::make_shared<AnnotatedPool>(2);
                  });
  }
}

TEST_CASE("threads: sessions that share a pool") {
  const std::array<std::shared_ptr<Parallel>, 2> pools{std::make_shared<ConditionPool>(3),
                                                       std::make_shared<AnnotatedPool>(3)};
  for (const std::shared_ptr<Parallel>& pool : pools) {
    check_at_once({.precision = Precision::int8}, [&](std::size_t i, SessionOptions& options) {
      options.threads = i == 0 ? 1 : 3;
      if (i != 0) options.parallel = pool;
    });
  }
}

TEST_CASE("threads: sessions that share an estimator") {
  check_at_once({.precision = Precision::int8, .estimator = std::make_shared<Middle>()},
                [](std::size_t i, SessionOptions& options) {
                  options.threads = 1 + i % 2;
                  if (i % 2 == 1) options.parallel = std::make_shared<ConditionPool>(2);
                });
}

TEST_CASE("threads: sessions that measure methods") {
  const Model model = mostly_weights();
  std::array<bool, kThreads> measured{};
  on_all_threads([&](std::size_t i) {
    SessionOptions options{.tune_budget = std::chrono::milliseconds(20), .threads = 1 + i % 2};
    if (i % 2 == 1) options.parallel = std::make_shared<ConditionPool>(2);
    Session session(model, options);
    measured[i] = std::ranges::any_of(
        session.layers(), [](const LayerInfo& layer) { return !layer.measured.empty(); });
    run(session);
  });
  for (const bool any : measured) CHECK(any);
}
