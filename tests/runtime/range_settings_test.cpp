#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/octavo.hpp"

#include "runtime/formats/formats.hpp"
#include "tests/runtime/onnx_writer.hpp"
#include "tests/runtime/sample_models.hpp"
#include "tests/support/allocation_counter.hpp"
#include "tests/support/temporary_folder.hpp"

namespace octavo {
namespace {

using test::contains;
using test::copy;
using test::fill;
using test::small_cnn;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// Answers with one range and counts how often it is asked.
class Fixed final : public RangeEstimator {
 public:
  explicit Fixed(Range range) : range_(range) {}
  [[nodiscard]] Range estimate(const ActivationStatistics&, const Range*) const override {
    ++asked;
    return range_;
  }
  mutable int asked = 0;

 private:
  Range range_;
};

std::shared_ptr<const Fixed> fixed(Range range) {
  return std::make_shared<const Fixed>(range);
}

/// The ranges of every layer of a run, by name.
std::map<std::string, std::vector<Range>> ranges_of(Session& session) {
  fill(session.input(0).data<float>(), 5);
  std::map<std::string, std::vector<Range>> ranges;
  session.run_observed([&](std::size_t layer, const LayerTensors& tensors) {
    ranges[session.layers()[layer].name].assign(tensors.input_ranges.begin(),
                                                tensors.input_ranges.end());
  });
  return ranges;
}

void check_range(Range found, Range expected) {
  CHECK(found.low == expected.low);
  CHECK(found.high == expected.high);
}

void check_one(const std::vector<Range>& found, Range expected) {
  REQUIRE(found.size() == 1);
  check_range(found[0], expected);
}

template <class Body>
void check_refused(ErrorCode code, std::string_view part, const Body& body) {
  try {
    body();
    FAIL("no error");
  } catch (const Error& error) {
    const std::string text = error.what();
    CAPTURE(text);
    CHECK(error.code() == code);
    CHECK(contains(text, part));
  }
}

void check_refused_settings(RangeSettings settings, std::string_view part) {
  check_refused(ErrorCode::invalid_argument, part,
                [&] { static_cast<void>(small_cnn().with_range_settings(std::move(settings))); });
}

Model saved_and_loaded(const Model& model) {
  const test::TemporaryFolder folder;
  model.save(folder.path() / "model.safetensors");
  return Model::load(folder.path() / "model.safetensors");
}

std::vector<float> scores_of(Session& session) {
  fill(session.input(0).data<float>(), 5);
  session.run();
  return copy(session.output(0));
}

TEST_CASE("ranges: an observer sees the ranges of layers that quantize") {
  const ShapeBindings shapes{{"image", {3, 3, 17, 15}}};
  Session batch(small_cnn(), {.precision = Precision::int8, .shapes = shapes});
  fill(batch.input(0).data<float>(), 5);
  std::size_t quantized = 0;
  batch.run_observed([&](std::size_t layer, const LayerTensors& tensors) {
    if (batch.layers()[layer].precision == Precision::float32) {
      CHECK(tensors.input_ranges.empty());
      return;
    }
    ++quantized;
    const auto [low, high] = std::ranges::minmax(tensors.input);
    REQUIRE(tensors.input_ranges.size() == 1);
    check_range(tensors.input_ranges[0], {low, high});
  });
  CHECK(quantized == 3);

  Session rows(small_cnn(),
               {.precision = Precision::int8, .range_scope = RangeScope::row, .shapes = shapes});
  fill(rows.input(0).data<float>(), 5);
  rows.run_observed([&](std::size_t layer, const LayerTensors& tensors) {
    if (rows.layers()[layer].precision == Precision::float32) return;
    REQUIRE(tensors.input_ranges.size() == 3);
    const std::size_t size = tensors.input.size() / 3;
    for (std::size_t i = 0; i < 3; ++i) {
      const auto [low, high] = std::ranges::minmax(tensors.input.subspan(i * size, size));
      check_range(tensors.input_ranges[i], {low, high});
    }
  });

  Session floats(small_cnn(), {.precision = Precision::float32});
  for (const auto& [layer, ranges] : ranges_of(floats)) CHECK(ranges.empty());
}

TEST_CASE("ranges: single layers take an estimator of their own") {
  SessionOptions options{.precision = Precision::int8};
  options.estimator = fixed({-1.0F, 1.0F});
  options.layer_estimators["grouped"] = fixed({-2.0F, 3.0F});
  Session session(small_cnn(), options);
  const auto ranges = ranges_of(session);
  check_one(ranges.at("conv1"), {-1.0F, 1.0F});
  check_one(ranges.at("grouped"), {-2.0F, 3.0F});
  check_one(ranges.at("linear"), {-1.0F, 1.0F});
}

TEST_CASE("ranges: layers that are unknown or never quantize are refused, near ones listed") {
  for (const Precision precision : {Precision::float32, Precision::int8, Precision::automatic}) {
    const auto refused = [&](const std::string& name, std::string_view part) {
      SessionOptions options{.precision = precision};
      options.layer_estimators[name] = make_estimator("max");
      check_refused(ErrorCode::invalid_argument, "no layer '" + name + "' with a range",
                    [&] { const Session session(small_cnn(), options); });
      check_refused(ErrorCode::invalid_argument, part,
                    [&] { const Session session(small_cnn(), options); });
    };
    for (const char* name : {"groupd", "Grouped", "group", "roup", ""}) refused(name, "'grouped'");
    refused("depthwise", "range");
    refused("conv2", "range; near it: 'conv1'");
    refused("xyz", "range");
  }
  SessionOptions options;
  options.layer_estimators["grouped"] = nullptr;
  check_refused(ErrorCode::invalid_argument, "null pointer for layer 'grouped'",
                [&] { const Session session(small_cnn(), options); });
}

TEST_CASE("ranges: a file keeps the settings, and sessions follow them") {
  const RangeSettings settings{.estimator = "percentile:percentile=90",
                               .layer_estimators = {{"grouped", "minmax"}},
                               .ranges = {{"linear", {-0.1F, 1.0F / 3.0F}}}};
  for (const Model& model : {small_cnn(), small_cnn().quantized()}) {
    const Model loaded = saved_and_loaded(model.with_range_settings(settings));
    CHECK(loaded.range_settings().estimator == settings.estimator);
    CHECK(loaded.range_settings().layer_estimators == settings.layer_estimators);
    REQUIRE(loaded.range_settings().ranges.size() == 1);
    check_range(loaded.range_settings().ranges.at("linear"), {-0.1F, 1.0F / 3.0F});

    SessionOptions options{.precision = Precision::int8};
    options.estimator = make_estimator("percentile:percentile=90");
    Session percentile(model, options);
    const auto expected = ranges_of(percentile);
    Session session(loaded, {.precision = Precision::int8});
    const auto ranges = ranges_of(session);
    check_one(ranges.at("conv1"), expected.at("conv1")[0]);
    CHECK(ranges.at("grouped")[0].high > expected.at("grouped")[0].high);
    check_one(ranges.at("linear"), {-0.1F, 1.0F / 3.0F});

    options.estimator = fixed({-1.0F, 1.0F});
    options.static_ranges = false;
    Session overridden(loaded, options);
    for (const auto& [layer, found] : ranges_of(overridden)) {
      if (!found.empty()) check_one(found, {-1.0F, 1.0F});
    }
    options = {.precision = Precision::int8};
    options.layer_estimators["linear"] = fixed({-4.0F, 4.0F});
    Session dynamic(loaded, options);
    check_one(ranges_of(dynamic).at("linear"), {-4.0F, 4.0F});
  }
  const Model plain = saved_and_loaded(small_cnn());
  CHECK(plain.range_settings().estimator.empty());
  CHECK(plain.range_settings().ranges.empty());
}

TEST_CASE("ranges: settings that mean nothing are refused") {
  check_refused_settings({.estimator = "maximum"}, "known: max");
  check_refused_settings({.layer_estimators = {{"linear", "histogram:bins=1"}}}, "bins is \"1\"");
  check_refused_settings({.layer_estimators = {{"liner", "max"}}}, "near it: 'linear'");
  check_refused_settings({.ranges = {{"liner", {0.0F, 1.0F}}}}, "near it: 'linear'");
  for (const Range range : {Range{kNaN, 1.0F}, Range{0.0F, kNaN}, Range{0.0F, kInfinity},
                            Range{-kInfinity, 0.0F}, Range{1.0F, 0.0F}}) {
    check_refused_settings({.ranges = {{"linear", range}}}, "layer 'linear' has the range [");
  }
}

/// A file with one node, "fc", and one more entry in its metadata.
std::string file_with(const std::string& key, const std::string& value) {
  const std::string header =
      R"({"__metadata__":{"octavo.graph":"{\"version\":1,\"name\":\"m\",\"outputs\":[\"y\"],)"
      R"(\"inputs\":[{\"name\":\"x\",\"type\":\"float32\",\"shape\":[2]}],\"nodes\":[{)"
      R"(\"op\":\"Relu\",\"name\":\"fc\",\"inputs\":[\"x\"],\"outputs\":[\"y\"],)"
      R"(\"attributes\":{}}]}",")" +
      key + R"(":")" + value + R"("}})";
  return test::raw_bytes<std::uint64_t>({header.size()}) + header;
}

TEST_CASE("ranges: settings in a file are checked") {
  const auto settings_of = [](const std::string& key, const std::string& value) {
    return test::load_bytes(file_with(key, value)).range_settings;
  };
  CHECK(settings_of("octavo.estimator", "entropy:bins=512").estimator == "entropy:bins=512");
  CHECK(settings_of("octavo.estimator:fc", "aciq").layer_estimators.at("fc") == "aciq");
  check_range(settings_of("octavo.range:fc", "-1 2.5e0").ranges.at("fc"), {-1.0F, 2.5F});
  check_range(settings_of("octavo.range:fc", "0 0").ranges.at("fc"), {0.0F, 0.0F});
  CHECK(settings_of("author", "somebody").estimator.empty());

  const auto refused = [&](const std::string& key, const std::string& value,
                           std::string_view part) {
    CAPTURE(value);
    check_refused(ErrorCode::malformed_file, part,
                  [&] { static_cast<void>(settings_of(key, value)); });
  };
  refused("octavo.estimator", "maximum", "known: max");
  refused("octavo.estimator:fc", "mse:bins=0", "bins is \"0\"");
  refused("octavo.estimator:fc", "", "unknown name");
  refused("octavo.estimator:fd", "max", "no layer 'fd' with a range; near it: 'fc'");
  refused("octavo.estimator:", "max", "no layer ''");
  refused("octavo.range:fd", "0 1", "no layer 'fd' with a range; near it: 'fc'");
  for (const char* range : {"", " ", "1", "1 ", " 0 1", "0  1", "0 1 ", "0 1 2", "0,1", "0 x",
                            "x 0", "0 1e999", "-1e39 0", "0x1 2", "+0 1"}) {
    refused("octavo.range:fc", range, "octavo.range:fc: found '");
  }
  for (const char* range : {"1 0", "nan 1", "0 nan", "0 inf", "-inf 0", "-infinity 0"}) {
    refused("octavo.range:fc", range, "expected finite ends in order");
  }
}

TEST_CASE("ranges: every range survives a file, bit for bit") {
  for (const Range range :
       {Range{-std::numeric_limits<float>::max(), 1e-45F}, Range{-0.0F, 0.1F},
        Range{-1.17549435e-38F, 16777217.0F}, Range{-1.0F / 3.0F, 123456.789F}}) {
    const Model loaded =
        saved_and_loaded(small_cnn().with_range_settings({.ranges = {{"linear", range}}}));
    check_range(loaded.range_settings().ranges.at("linear"), range);
  }
}

TEST_CASE("ranges: static ranges give the bits of an estimator that answers them") {
  const Range range{-0.75F, 0.5F};
  const Model model =
      small_cnn().with_range_settings({.ranges = {{"conv1", range}, {"grouped", range}}});
  for (const Scheme scheme : {Scheme::symmetric, Scheme::asymmetric}) {
    for (const RangeScope scope : {RangeScope::batch, RangeScope::row}) {
      for (const std::size_t threads : {1U, 2U}) {
        SessionOptions options{.precision = Precision::int8,
                               .scheme = scheme,
                               .range_scope = scope,
                               .shapes = {{"image", {3, 3, 17, 15}}},
                               .threads = threads};
        Session stored(model, options);
        const auto found = scores_of(stored);
        options.layer_estimators = {{"conv1", fixed(range)}, {"grouped", fixed(range)}};
        Session answered(small_cnn(), options);
        CHECK(found == scores_of(answered));
        options.layer_estimators = {};
        options.static_ranges = false;
        Session dynamic(model, options);
        CHECK(found != scores_of(dynamic));
      }
    }
  }
}

TEST_CASE("ranges: with static ranges no estimator is asked and nothing is allocated") {
  const auto estimator = fixed({-1.0F, 1.0F});
  const Range range{-2.0F, 2.0F};
  const Model model = small_cnn().with_range_settings(
      {.ranges = {{"conv1", range}, {"grouped", range}, {"linear", range}}});
  for (const std::optional<float> guard : {std::optional<float>(), std::optional(1.0F)}) {
    SessionOptions options{.precision = Precision::int8};
    options.estimator = estimator;
    options.clip_guard = guard;
    Session session(model, options);
    scores_of(session);
    const std::size_t before = test::allocation_count();
    session.run();
    CHECK(test::allocation_count() == before);
    CHECK(estimator->asked == 0);
  }
}

TEST_CASE("ranges: the clip guard falls back when more than its share would clip, and counts") {
  constexpr std::size_t kValues = 2 * 3 * 17 * 15;
  const Range range{-1.0F, 1.0F};
  const Model model = small_cnn().with_range_settings({.ranges = {{"conv1", range}}});
  SessionOptions options{.precision = Precision::int8, .shapes = {{"image", {2, 3, 17, 15}}}};
  for (const RangeScope scope : {RangeScope::batch, RangeScope::row}) {
    options.range_scope = scope;
    options.clip_guard = 10.0F / static_cast<float>(kValues);
    Session session(model, options);
    const auto conv1 = static_cast<std::size_t>(
        std::ranges::find(session.layers(), "conv1", &LayerInfo::name) - session.layers().begin());
    const auto input = session.input(0).data<float>();
    std::vector<Range> ranges;
    const auto run = [&] {
      session.run_observed([&](std::size_t layer, const LayerTensors& tensors) {
        if (layer == conv1) {
          ranges.assign(tensors.input_ranges.begin(), tensors.input_ranges.end());
        }
      });
    };
    fill(input, 5);
    run();
    CHECK(session.clip_guard_count(conv1) == 0);
    // In the second image, where the share of a row is half as many values.
    const std::size_t most = scope == RangeScope::batch ? 10 : 5;
    for (std::size_t i = 0; i < most; ++i) input[kValues - 1 - i] = i % 2 == 0 ? 1.5F : -1.5F;
    run();
    CHECK(session.clip_guard_count(conv1) == 0);
    for (const Range& used : ranges) check_range(used, range);
    input[kValues - 1 - most] = 1.75F;
    run();
    CHECK(session.clip_guard_count(conv1) == 1);
    REQUIRE(ranges.size() == (scope == RangeScope::batch ? 1 : 2));
    check_range(ranges.back(), {-1.5F, 1.75F});
    if (scope == RangeScope::row) check_range(ranges.front(), range);
    run();
    CHECK(session.clip_guard_count(conv1) == 2);
    fill(input, 5);
    run();
    CHECK(session.clip_guard_count(conv1) == 2);
    check_refused(ErrorCode::invalid_argument, "there is no number",
                  [&] { static_cast<void>(session.clip_guard_count(session.layers().size())); });
  }
  for (const float guard : {-0.1F, 1.1F, kNaN, kInfinity}) {
    options.clip_guard = guard;
    check_refused(ErrorCode::invalid_argument, "clip_guard",
                  [&] { const Session session(model, options); });
  }
}

TEST_CASE("ranges: NaN and infinity are reported where the guard or the layer before sees them") {
  const Range range{-1.0F, 1.0F};
  const Model model = small_cnn().with_range_settings(
      {.ranges = {{"conv1", range}, {"grouped", range}, {"linear", range}}});
  SessionOptions options{.precision = Precision::int8};
  Session unguarded(model, options);
  options.clip_guard = 0.5F;
  Session guarded(model, options);
  fill(guarded.input(0).data<float>(), 5);
  guarded.input(0).data<float>()[3] = kNaN;
  check_refused(ErrorCode::non_finite, "'image'", [&] { guarded.run(); });
  const auto expected = scores_of(unguarded);
  unguarded.input(0).data<float>()[3] = kInfinity;  // clips
  unguarded.run();
  CHECK(scores_of(unguarded) == expected);
}

}  // namespace
}  // namespace octavo
