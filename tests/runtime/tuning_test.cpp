#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/octavo.hpp"

#include "tests/runtime/sample_models.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace octavo;
using namespace octavo::test;

namespace {

/// For every layer, on any machine and under sanitizers.
constexpr std::chrono::minutes kAmple{10};

/// x [1, 32, 16, 16] -> a 3x3 convolution that suits Winograd -> a 1x1 convolution -> y
Model two_products() {
  GraphBuilder g("two_products");
  const auto constant = [&](const char* name, Shape shape, std::uint32_t seed) {
    const auto values = random_values(element_count(shape), seed);
    return g.constant(name, std::move(shape), std::span<const float>(values));
  };
  auto y = g.input("x", DataType::float32, {1, 32, 16, 16});
  y = g.node("Conv", {y, constant("w1", {32, 32, 3, 3}, 1)},
             {{"pads", std::vector<std::int64_t>{1, 1, 1, 1}}}, "wide");
  y = g.node("Conv", {y, constant("w2", {48, 32, 1, 1}, 2)}, {}, "point");
  g.output(y, "y");
  return std::move(g).build();
}

std::string read(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path) << text;
}

std::string error_of(const std::filesystem::path& path) {
  try {
    Tuning::load(path);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

/// The kernels of the products.
std::vector<std::string> kernels_of(const Session& session) {
  std::vector<std::string> kernels;
  for (const LayerInfo& layer : session.layers()) {
    if (layer.quantizable) kernels.push_back(layer.kernel);
  }
  return kernels;
}

/// A tuning that chooses one method for every kind of layer in another one.
Tuning choosing(const Tuning& tuning, const std::string& method, const TemporaryFolder& folder) {
  const std::filesystem::path path = folder.path() / "edited.tuning";
  tuning.save(path);
  std::istringstream lines(read(path));
  std::string line;
  std::getline(lines, line);
  std::string text = line + '\n';
  while (std::getline(lines, line)) {
    text += line.substr(0, line.find('\t')) + '\t' + method + "=1\n";
  }
  write(path, text);
  return Tuning::load(path);
}

std::vector<float> result(Session& session) {
  fill(session.input(0).data<float>(), 3);
  session.run();
  return copy(session.output(0));
}

}  // namespace

TEST_CASE("tuning: a later session repeats the choices without measuring") {
  const Model model = two_products();
  const Session first(model, {.tune_budget = kAmple});
  CHECK(first.tuning().size() == 2);
  const Session second(model, {.tuning = first.tuning(), .tune_budget = {}});
  CHECK(second.tuning().size() == 2);
  CHECK(kernels_of(second) == kernels_of(first));
  for (std::size_t i = 0; i < first.layers().size(); ++i) {
    const LayerInfo& measured = first.layers()[i];
    const LayerInfo& repeated = second.layers()[i];
    CHECK(measured.measured.empty() != measured.quantizable);
    REQUIRE(repeated.measured.size() == measured.measured.size());
    for (std::size_t m = 0; m < measured.measured.size(); ++m) {
      CHECK(repeated.measured[m].method == measured.measured[m].method);
      CHECK(repeated.measured[m].nanoseconds == measured.measured[m].nanoseconds);
    }
  }
}

TEST_CASE("tuning: its choices are followed, and the ways of one precision give the same bits") {
  const TemporaryFolder folder;
  const Model model = two_products();
  const Tuning measured = Session(model, {.tune_budget = kAmple}).tuning();
  const auto plan = [&](const std::string& method) {
    return Session(model, {.tuning = choosing(measured, method, folder), .tune_budget = {}});
  };
  Session floats = plan("float32");
  Session automatic_floats(model, {.precision = Precision::float32});
  CHECK(kernels_of(floats) == std::vector<std::string>{"float32", "float32"});
  CHECK(result(floats) == result(automatic_floats));

  Session direct = plan("int8");
  Session usual(model, {.precision = Precision::int8});
  REQUIRE(kernels_of(usual).front() == "int8 winograd 4x4");
  CHECK(kernels_of(direct).front() != "int8 winograd 4x4");
  CHECK(kernels_of(direct).back() == kernels_of(usual).back());
  CHECK(result(direct) == result(usual));

  // A method that a layer does not have counts as unknown.
  const Session winograd = plan("int8 winograd");
  CHECK(kernels_of(winograd).front() == "int8 winograd 4x4");
  CHECK(winograd.tuning().size() == 1);
}

TEST_CASE("tuning: other conditions and other precisions do not see the choices") {
  const Model model = two_products();
  const Tuning tuning = Session(model, {.tune_budget = kAmple}).tuning();
  const auto count = [&](SessionOptions options) {
    options.tuning = tuning;
    options.tune_budget = {};
    return Session(model, options).tuning().size();
  };
  CHECK(count({}) == 2);
  CHECK(count({.precision = Precision::int8}) == 0);
  CHECK(count({.scheme = Scheme::symmetric}) == 0);
  CHECK(count({.range_scope = RangeScope::row}) == 0);
  CHECK(count({.threads = 2}) == 0);
  CHECK(count({.isa = "reference"}) == 0);
}

TEST_CASE("tuning: layers whose weights allow different int8 kernels are measured apart") {
  GraphBuilder g("two_weights");
  const Shape shape{32, 32, 1, 1};
  auto weights = random_values(element_count(shape), 1);
  const auto even = g.constant("w1", shape, std::span<const float>(weights));
  // One large weight a column leaves small levels for the others: longer chains.
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] *= i % 32 == 0 ? 1.0F : 0.01F;
  const auto uneven = g.constant("w2", shape, std::span<const float>(weights));
  const auto x = g.input("x", DataType::float32, {1, 32, 16, 16});
  g.output(g.node("Conv", {g.node("Conv", {x, even}, {}, "a"), uneven}, {}, "b"), "y");
  const Model model = std::move(g).build();

  Session session(model, {.tune_budget = kAmple});
  const Session int8(model, {.precision = Precision::int8});
  REQUIRE(kernels_of(int8).at(0) != kernels_of(int8).at(1));
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "a.tuning";
  session.tuning().save(path);
  const std::string text = read(path);
  CHECK(std::ranges::count(text, '\n') == 3);
}

TEST_CASE("tuning: without time the cost model decides, always alike") {
  const Session session(two_products(), {.tune_budget = {}});
  CHECK(session.tuning().size() == 0);
  for (const LayerInfo& layer : session.layers()) {
    CHECK(layer.measured.empty());
    if (layer.quantizable) {
      CHECK((layer.precision == Precision::int8) == (layer.name == "wide"));
    }
  }
}

TEST_CASE("tuning: a file gives back what was saved, and files merge") {
  const TemporaryFolder folder;
  const Model model = two_products();
  Tuning one = Session(model, {.tune_budget = kAmple}).tuning();
  const Tuning two = Session(model, {.tune_budget = kAmple, .threads = 2}).tuning();
  one.merge(two);
  CHECK(one.size() == 4);
  const std::filesystem::path path = folder.path() / "a.tuning";
  const std::filesystem::path again = folder.path() / "b.tuning";
  one.save(path);
  Tuning::load(path).save(again);
  CHECK(read(again) == read(path));
  one.merge(two);
  CHECK(one.size() == 4);
  CHECK(Tuning().size() == 0);
}

TEST_CASE("tuning: a damaged file is refused with the place") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "bad.tuning";
  const auto error = [&](const std::string& text) {
    write(path, text);
    return error_of(path);
  };
  const auto has = [](const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
  };
  CHECK(error("octavo-tuning 1\n") == "no error");
  CHECK(error("octavo-tuning 1\nkind\tint8=5\tfloat32=7\n") == "no error");
  CHECK(has(error(""), "bad.tuning: line 1: expected octavo-tuning 1"));
  CHECK(has(error("octavo-tuning 2\n"), "line 1"));
  for (const char* line : {"", "kind", "\tint8=5", "kind\tint8", "kind\tint8=", "kind\tint8=-1",
                           "kind\tint8=5x", "kind\tint4=5", "kind\tint8=99999999999999999999",
                           "kind\tint8=5\tfloat32", "kind\tint8=5\t\tfloat32=7"}) {
    CAPTURE(line);
    CHECK(has(error(std::string("octavo-tuning 1\nother\tint8=1\n") + line + '\n'), "line 3"));
  }
  CHECK(has(error("octavo-tuning 1\nkind\tint8=5\nkind\tint8=5\n"), "line 3: expected one line"));
  CHECK(has(error_of(folder.path() / "missing"), "missing"));
  CHECK(has(error_of(folder.path()), "not a regular file"));
}
