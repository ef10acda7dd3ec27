#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/octavo.hpp"

#include "tests/runtime/sample_models.hpp"
#include "tests/support/allocation_counter.hpp"

using namespace octavo;
using namespace octavo::test;

TEST_CASE("session: run allocates nothing") {
  const Model model = small_cnn();
  for (const std::string& estimator : estimator_names()) {
    for (const RangeScope scope : {RangeScope::batch, RangeScope::row}) {
      CAPTURE(estimator);
      Session session(model, {.precision = Precision::int8,
                              .range_scope = scope,
                              .estimator = make_estimator(estimator),
                              .shapes = {{"image", {3, 3, 17, 15}}}});
      fill(session.input(0).data<float>(), 3);
      session.run();
      const std::size_t before = allocation_count();
      session.run();
      CHECK(allocation_count() == before);
    }
  }
}

TEST_CASE("session: inputs keep their contents and outputs repeat") {
  Session session(small_cnn(), {.precision = Precision::int8});
  fill(session.input(0).data<float>(), 5);
  const auto input = copy(session.input(0));
  session.run();
  const auto first = copy(session.output(0));
  session.run();
  CHECK(copy(session.input(0)) == input);
  CHECK(copy(session.output(0)) == first);
}

TEST_CASE("session: a non-finite activation is reported by name and the session stays usable") {
  Session session(small_cnn(), {.precision = Precision::int8});
  const auto input = session.input(0).data<float>();
  fill(input, 5);
  session.run();
  const auto expected = copy(session.output(0));
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
        -std::numeric_limits<float>::infinity()}) {
    const float good = std::exchange(input[7], bad);
    try {
      session.run();
      FAIL("no error was thrown");
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::non_finite);
      CHECK(std::string(error.what()).find("'image'") != std::string::npos);
    }
    input[7] = good;
    session.run();
    CHECK(copy(session.output(0)) == expected);
  }
}

namespace {

/// Fails in the layers that it is told to, counting from 0 in each run; else answers the extrema.
class Unreliable final : public RangeEstimator {
 public:
  enum class Fault { none, exception, not_a_number, infinite, inverted };

  [[nodiscard]] std::string_view name() const noexcept override { return "unreliable"; }
  [[nodiscard]] Range estimate(const ActivationStatistics& statistics,
                               const Range*) const override {
    if (asked++ != failing_layer) return statistics.extrema;
    switch (fault) {
      case Fault::exception:
        throw std::runtime_error("out of ideas");
      case Fault::not_a_number:
        return {std::numeric_limits<float>::quiet_NaN(), 1.0F};
      case Fault::infinite:
        return {0.0F, std::numeric_limits<float>::infinity()};
      case Fault::inverted:
        return {1.0F, -1.0F};
      case Fault::none:
        break;
    }
    return statistics.extrema;
  }

  Fault fault = Fault::none;
  int failing_layer = 0;
  mutable int asked = 0;
};

}  // namespace

TEST_CASE("session: a failing estimator is reported with its layer and the session stays usable") {
  using Fault = Unreliable::Fault;
  for (const std::size_t threads : {1U, 2U}) {
    for (const RangeScope scope : {RangeScope::batch, RangeScope::row}) {
      const auto estimator = std::make_shared<Unreliable>();
      Session session(small_cnn(), {.precision = Precision::int8,
                                    .range_scope = scope,
                                    .estimator = estimator,
                                    .shapes = {{"image", {2, 3, 65, 63}}},
                                    .threads = threads});
      fill(session.input(0).data<float>(), 5);
      session.run();
      const auto expected = copy(session.output(0));
      const int ranges = std::exchange(estimator->asked, 0);
      REQUIRE(ranges > 1);
      for (const Fault fault :
           {Fault::exception, Fault::not_a_number, Fault::infinite, Fault::inverted}) {
        for (int layer = 0; layer < ranges; ++layer) {
          estimator->fault = fault;
          estimator->failing_layer = layer;
          try {
            session.run();
            FAIL("no error was thrown");
          } catch (const Error& error) {
            const std::string text = error.what();
            CAPTURE(text);
            CHECK(error.code() == ErrorCode::estimator_failed);
            CHECK(text.find("range estimator 'unreliable'") != std::string::npos);
            CHECK(text.find("tensor '") == 0);
            CHECK(text.find("of node '") != std::string::npos);
            if (fault == Fault::exception) CHECK(text.ends_with("threw: out of ideas"));
          }
          estimator->fault = Fault::none;
          estimator->asked = 0;
          session.run();
          CHECK(copy(session.output(0)) == expected);
          estimator->asked = 0;
        }
      }
    }
  }
}

TEST_CASE("session: estimators learn the range before with one range per batch only") {
  for (const RangeScope scope : {RangeScope::batch, RangeScope::row}) {
    Session session(small_cnn(), {.precision = Precision::int8,
                                  .range_scope = scope,
                                  .estimator = make_estimator("moving_average")});
    fill(session.input(0).data<float>(), 5);
    session.run();
    const auto first = copy(session.output(0));
    for (float& value : session.input(0).data<float>()) value *= 3.0F;
    session.run();
    fill(session.input(0).data<float>(), 5);
    session.run();
    CHECK((copy(session.output(0)) == first) == (scope == RangeScope::row));
  }
}

TEST_CASE("session: float layers pass NaN on") {
  Session session(small_cnn(), {.precision = Precision::float32});
  fill(session.input(0).data<float>(), 5);
  session.input(0).data<float>()[0] = std::numeric_limits<float>::quiet_NaN();
  session.run();
  CHECK(std::isnan(session.output(0).data<float>()[0]));
}

TEST_CASE("session: int8 results do not depend on threads, scope neighbours or instruction set") {
  const Model model = small_cnn();
  const ShapeBindings batch{{"image", {4, 3, 17, 15}}};
  for (const Scheme scheme : {Scheme::symmetric, Scheme::asymmetric}) {
    Session one(model, {.precision = Precision::int8, .scheme = scheme, .shapes = batch});
    fill(one.input(0).data<float>(), 11);
    one.run();
    const auto expected = copy(one.output(0));

    Session two(model,
                {.precision = Precision::int8, .scheme = scheme, .shapes = batch, .threads = 2});
    fill(two.input(0).data<float>(), 11);
    two.run();
    CHECK(copy(two.output(0)) == expected);
  }

  Session rows(model,
               {.precision = Precision::int8, .range_scope = RangeScope::row, .shapes = batch});
  fill(rows.input(0).data<float>(), 11);
  rows.run();
  Session single(model, {.precision = Precision::int8, .range_scope = RangeScope::row});
  const auto all = rows.input(0).data<float>();
  const auto image = single.input(0).data<float>();
  for (std::size_t i = 0; i < 4; ++i) {
    std::ranges::copy(all.subspan(i * image.size(), image.size()), image.begin());
    single.run();
    const auto result = single.output(0).data<float>();
    CHECK(std::ranges::equal(
        result, rows.output(0).data<float>().subspan(i * result.size(), result.size())));
  }
}

TEST_CASE("session: a quantized model gives the bits of quantizing at load") {
  for (const int chain : {0, 1, 4}) {
    const Model model = small_cnn();
    const WeightQuantization weights{.max_chain = chain, .loss_budget_db = 40.0F};
    Session direct(model, {.precision = Precision::int8, .weights = weights});
    Session stored(model.quantized(weights), {.precision = Precision::int8});
    fill(direct.input(0).data<float>(), 2);
    fill(stored.input(0).data<float>(), 2);
    direct.run();
    stored.run();
    CHECK(copy(direct.output(0)) == copy(stored.output(0)));
  }
}

TEST_CASE("session: resize gives what a session planned for the shapes gives") {
  const Model model = small_cnn();
  const auto shapes = [](std::int64_t batch) {
    return ShapeBindings{{"image", {batch, 3, 17, 15}}};
  };
  Session session(model, {.precision = Precision::int8});
  fill(session.input(0).data<float>(), 1);
  session.run();
  const auto expected = copy(session.output(0));
  const void* const first_input = session.input(0).raw();
  for (const std::int64_t batch : {3, 2, 3}) {
    session.resize(shapes(batch));
    CHECK(session.input(0).shape() == Shape{batch, 3, 17, 15});
    CHECK(session.output(0).shape()[0] == batch);
    fill(session.input(0).data<float>(), 7);
    session.run();
    Session fresh(model, {.precision = Precision::int8, .shapes = shapes(batch)});
    fill(fresh.input(0).data<float>(), 7);
    fresh.run();
    CHECK(copy(session.output(0)) == copy(fresh.output(0)));
    const std::size_t before = allocation_count();
    session.run();
    CHECK(allocation_count() == before);
  }
  // The plan of the beginning is still there, with its input.
  session.resize({});
  CHECK(session.input(0).raw() == first_input);
  session.run();
  CHECK(copy(session.output(0)) == expected);
  // It is dropped when four others were used since, and made anew.
  for (const std::int64_t batch : {4, 5, 6, 7}) session.resize(shapes(batch));
  session.resize({});
  CHECK(std::ranges::count(session.input(0).data<float>(), 0.0F) == 3 * 17 * 15);
  fill(session.input(0).data<float>(), 1);
  session.run();
  CHECK(copy(session.output(0)) == expected);
}

TEST_CASE("session: a resize that fails leaves the session as it was") {
  Session session(small_cnn(), {.precision = Precision::int8});
  fill(session.input(0).data<float>(), 1);
  session.run();
  const auto expected = copy(session.output(0));
  for (const ShapeBindings& shapes :
       {ShapeBindings{{"image", {1, 3}}}, ShapeBindings{{"image", {1, 4, 17, 15}}},
        ShapeBindings{{"picture", {1, 3, 17, 15}}}, ShapeBindings{{"image", {0, 3, 17, 15}}}}) {
    CHECK_THROWS_AS(session.resize(shapes), Error);
    session.run();
    CHECK(copy(session.output(0)) == expected);
  }
  GraphBuilder g("fixed");
  g.output(g.node("Relu", {g.input("x", DataType::float32, {2})}), "y");
  Session fixed(std::move(g).build());
  fixed.resize({});
  CHECK_THROWS_WITH_AS(fixed.resize({{"x", {3}}}),
                       "the model has no free dimensions: a session of it cannot be resized",
                       Error);
}

TEST_CASE("session: automatic agrees with the precision it reports") {
  Session session(small_cnn(), {.precision = Precision::automatic});
  fill(session.input(0).data<float>(), 2);
  session.run();
  for (const LayerInfo& layer : session.layers()) {
    CHECK(layer.precision != Precision::automatic);
    if (!layer.quantizable) CHECK(layer.precision == Precision::float32);
  }
}

TEST_CASE("session: an observer sees the tensors of every layer") {
  for (const Precision precision : {Precision::float32, Precision::int8}) {
    Session session(small_cnn(), {.precision = precision});
    fill(session.input(0).data<float>(), 2);
    session.run();
    const auto expected = copy(session.output(0));
    std::vector<float> last;
    std::size_t count = 0;
    session.run_observed([&](std::size_t layer, const LayerTensors& tensors) {
      CHECK(layer == count++);
      const Shape& shape = session.layers()[layer].output_shape;
      std::int64_t elements = 1;
      for (const std::int64_t dimension : shape) elements *= dimension;
      CHECK(tensors.output.size() == static_cast<std::size_t>(elements));
      CHECK_FALSE(tensors.input.empty());
      last.assign(tensors.output.begin(), tensors.output.end());
    });
    CHECK(count == session.layers().size());
    CHECK(last == expected);
    CHECK_THROWS_AS(session.run_observed([](std::size_t, const LayerTensors&) { throw 1; }), int);
    session.run();
    CHECK(copy(session.output(0)) == expected);
  }
}

namespace {

/// A pool that runs tasks backwards on the caller's thread: order must not matter.
class BackwardPool final : public Parallel {
 public:
  void for_each(std::size_t count, Task task, void* context) override {
    ++calls;
    for (std::size_t i = count; i-- > 0;) task(context, i);
  }
  void rest() noexcept override { ++rests; }
  int calls = 0;
  int rests = 0;
};

}  // namespace

TEST_CASE("session: the application's own pool is used") {
  const auto pool = std::make_shared<BackwardPool>();
  const ShapeBindings batch{{"image", {8, 3, 33, 31}}};
  Session lent(small_cnn(),
               {.precision = Precision::int8, .shapes = batch, .threads = 3, .parallel = pool});
  Session alone(small_cnn(), {.precision = Precision::int8, .shapes = batch});
  fill(lent.input(0).data<float>(), 2);
  fill(alone.input(0).data<float>(), 2);
  lent.run();
  alone.run();
  CHECK(pool->calls > 0);
  CHECK(copy(lent.output(0)) == copy(alone.output(0)));
}

TEST_CASE("session: a pool may rest when a run ends, however it ends") {
  const auto pool = std::make_shared<BackwardPool>();
  Session session(small_cnn(), {.precision = Precision::int8,
                                .shapes = {{"image", {8, 3, 33, 31}}},
                                .threads = 3,
                                .parallel = pool});
  fill(session.input(0).data<float>(), 2);
  pool->rests = 0;
  for (int runs = 1; runs <= 3; ++runs) {
    session.run();
    CHECK(pool->rests == runs);
  }
  CHECK_THROWS_AS(session.run_observed([&](std::size_t layer, const LayerTensors&) {
    if (layer + 1 == session.layers().size()) throw 1;
  }),
                  int);
  CHECK(pool->rests == 4);
}

TEST_CASE("session: options that do not fit are errors") {
  const Model model = small_cnn();
  const auto code_of = [&](SessionOptions options) {
    try {
      Session session(model, std::move(options));
    } catch (const Error& error) {
      return to_string(error.code());
    }
    return std::string_view("none");
  };
  CHECK(code_of({.threads = 0}) == "invalid_argument");
  CHECK(code_of({.isa = "z80"}) == "invalid_argument");
  CHECK(code_of({.weights = {.max_chain = 9}}) == "invalid_argument");
  CHECK(code_of({.shapes = {{"photo", {1, 3, 17, 15}}}}) == "invalid_argument");
  CHECK(code_of({.shapes = {{"image", {3, 17, 15}}}}) == "invalid_argument");
  CHECK(code_of({.shapes = {{"image", {0, 3, 17, 15}}}}) == "invalid_argument");
  CHECK(code_of({.shapes = {{"image", {1, 4, 17, 15}}}}) == "invalid_graph");
  CHECK(code_of({.shapes = {{"image", {1 << 24, 3, 1700, 1500}}}}) == "limit_exceeded");

  Session session(model);
  CHECK_THROWS_AS((void)session.input("photo"), Error);
  CHECK_THROWS_AS((void)session.output(1), Error);
  CHECK_THROWS_AS((void)session.input(0).data<std::int32_t>(), Error);
}
