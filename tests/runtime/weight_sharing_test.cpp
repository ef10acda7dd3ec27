#include <algorithm>
#include <array>
#include <optional>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/octavo.hpp"

#include "runtime/ops/packed_weights.hpp"
#include "runtime/plan/weight_cache.hpp"
#include "tests/runtime/sample_models.hpp"
#include "tests/support/allocation_counter.hpp"

using namespace octavo;
using namespace octavo::test;

namespace {

std::vector<float> scores(Session& session) {
  fill(session.input(0).data<float>(), 9);
  session.run();
  return copy(session.output(0));
}

/// All forms that weights are packed in.
std::vector<SessionOptions> all_forms() {
  std::vector<SessionOptions> options;
  for (const Precision precision : {Precision::float32, Precision::int8}) {
    for (const bool winograd : {false, true}) {
      options.push_back({.precision = precision, .float_winograd = winograd});
    }
  }
  options.push_back({.precision = Precision::int8, .weights = {.max_chain = 0}});
  options.push_back({.precision = Precision::int8, .weights = {.loss_budget_db = 0.5F}});
  return options;
}

struct Sharer {
  SessionOptions options;
  Model (*make)();
};

std::vector<Sharer> all_sharers() {
  std::vector<Sharer> sharers;
  for (const SessionOptions& options : all_forms()) {
    for (const auto make : {mostly_weights, recurrent_layers}) sharers.push_back({options, make});
  }
  return sharers;
}

}  // namespace

TEST_CASE("weights: sessions of a model take the memory of one and give the same results") {
  for (const auto& [options, make] : all_sharers()) {
    const Model model = make();
    Session first(model, options);
    const std::size_t bytes = first.weight_bytes();
    CHECK(model.packed_weight_bytes() == bytes);
    const std::size_t before = allocated_bytes();
    Session second(model, options);
    // Of its own it has the plan alone.
    CHECK(allocated_bytes() - before < second.arena_bytes() + bytes / 8);
    CHECK(second.weight_bytes() == bytes);
    CHECK(model.packed_weight_bytes() == bytes);
    CHECK(scores(first) == scores(second));
  }
}

TEST_CASE("weights: what differs is not shared") {
  for (const auto make : {mostly_weights, recurrent_layers}) {
    const Model model = make();
    std::vector<Session> sessions;
    for (const SessionOptions& options : all_forms()) {
      Session& session = sessions.emplace_back(model, options);
      Session alone(make(), options);
      CHECK(scores(session) == scores(alone));
      CHECK(session.weight_bytes() == alone.weight_bytes());
    }
    CHECK(model.packed_weight_bytes() >= sessions[0].weight_bytes() + sessions[2].weight_bytes());
  }
}

TEST_CASE("weights: models, their variants and sessions go in any order") {
  for (const bool first_goes : {true, false}) {
    std::optional<Model> model = mostly_weights();
    const Model variant = model->with_range_settings({.estimator = "percentile"});
    const SessionOptions options{.precision = Precision::int8};
    std::array<std::optional<Session>, 2> sessions;
    sessions[0].emplace(*model, options);
    sessions[1].emplace(variant, options);
    const std::size_t bytes = sessions[0]->weight_bytes();
    CHECK(variant.packed_weight_bytes() == bytes);
    const std::vector<float> expected = scores(*sessions[first_goes ? 1 : 0]);
    model.reset();
    sessions[first_goes ? 0 : 1].reset();
    CHECK(variant.packed_weight_bytes() == bytes);
    CHECK(scores(*sessions[first_goes ? 1 : 0]) == expected);
    sessions[first_goes ? 1 : 0].reset();
    CHECK(variant.packed_weight_bytes() == 0);
  }
}

TEST_CASE("weights: the plans that resize keeps share them") {
  const Model model = mostly_weights();
  Session session(model, {.precision = Precision::int8});
  const std::size_t bytes = session.weight_bytes();
  const std::vector<float> expected = scores(session);
  for (const std::int64_t batch : {2, 3, 4}) {
    session.resize({{"image", {batch, 32, 16, 16}}});
    CHECK(model.packed_weight_bytes() == bytes);
  }
  session.resize({});
  CHECK(scores(session) == expected);
}

TEST_CASE("weights: sessions may be made and destroyed on several threads at once") {
  const Model model = mostly_weights();
  const SessionOptions options{.precision = Precision::int8};
  Session alone(mostly_weights(), options);
  const std::vector<float> expected = scores(alone);
  std::array<std::vector<float>, 4> results;
  std::vector<std::thread> threads;
  for (std::vector<float>& result : results) {
    threads.emplace_back([&] {
      for (int i = 0; i < 3; ++i) {
        Session session(model, options);
        result = scores(session);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::vector<float>& result : results) CHECK(result == expected);
  CHECK(model.packed_weight_bytes() == 0);
}

namespace {

Fingerprint fingerprint(std::span<const std::byte> bytes) {
  Fingerprint result;
  result.add(bytes);
  return result;
}

}  // namespace

TEST_CASE("weights: every byte and the length count in a fingerprint") {
  std::vector<std::byte> bytes(200);
  std::vector<Fingerprint> seen;
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    seen.push_back(fingerprint(std::span(bytes).first(size)));
  }
  for (std::byte& byte : bytes) {
    for (int bit = 0; bit < 8; ++bit) {
      byte ^= std::byte{1} << bit;
      seen.push_back(fingerprint(bytes));
      byte ^= std::byte{1} << bit;
    }
  }
  std::ranges::sort(seen);
  CHECK(std::ranges::adjacent_find(seen) == seen.end());
  CHECK(fingerprint(bytes) == fingerprint(std::vector<std::byte>(200)));
}

TEST_CASE("weights: fingerprints hold numbers themselves, in their order") {
  const auto of = [](std::initializer_list<std::uint64_t> numbers) {
    Fingerprint result;
    for (const std::uint64_t number : numbers) result.add(number);
    return result;
  };
  CHECK(of({1, 2}) == of({1, 2}));
  CHECK(of({1, 2}) != of({2, 1}));
  CHECK(of({1}) != of({1, 0}));
  CHECK(of({}) != fingerprint({}));
}

TEST_CASE("weights: the cache makes what nobody holds, and forgets it") {
  WeightCache cache;
  int made = 0;
  const auto get = [&](std::uint64_t id) {
    Fingerprint key;
    key.add(id);
    return cache.get(key, [&](ops::PackedWeights& weights) {
      weights.scales = {static_cast<float>(++made)};
      weights.quantized.values.resize(100);
    });
  };
  const auto number = [](const WeightCache::Weights& weights) {
    return static_cast<int>(weights->scales[0]);
  };
  auto first = get(1);
  CHECK(number(first) == 1);
  CHECK(get(1) == first);
  const auto second = get(2);
  CHECK(number(second) == 2);
  CHECK(cache.bytes() == 200);
  first.reset();
  CHECK(cache.bytes() == 100);
  CHECK(number(get(1)) == 3);
  for (std::uint64_t id = 10; id < 100; ++id) CHECK(number(get(id)) == static_cast<int>(id) - 6);
  CHECK(cache.bytes() == 100);
  CHECK(get(2) == second);

  Fingerprint key;
  key.add(5000);
  CHECK_THROWS_AS(cache.get(key, [](ops::PackedWeights&) { throw 1; }), int);
  const auto after = cache.get(key, [](ops::PackedWeights& weights) { weights.scales = {7.0F}; });
  CHECK(number(after) == 7);
}
