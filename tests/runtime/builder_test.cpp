#include <vector>

#include <doctest/doctest.h>

#include "octavo/octavo.hpp"

using namespace octavo;

namespace {

const std::vector<float> kFour{1, 2, 3, 4};

/// Runs `build` and returns the error it must throw.
template <class Build>
std::string error_of(const Build& build, ErrorCode code) {
  try {
    build();
  } catch (const Error& error) {
    CHECK(to_string(error.code()) == to_string(code));
    return error.what();
  }
  FAIL("no error was thrown");
  return {};
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("builder: a graph runs") {
  GraphBuilder builder("small");
  const auto x = builder.input("x", DataType::float32, {-1, 2});
  const auto w = builder.constant("w", {2, 2}, std::span<const float>(kFour));
  builder.output(builder.node("MatMul", {x, w}), "y");
  const Model model = std::move(builder).build();
  CHECK(model.name() == "small");
  REQUIRE(model.inputs().size() == 1);
  CHECK(model.inputs()[0].shape == Shape{-1, 2});
  CHECK(model.outputs()[0].name == "y");

  Session session(model, {.precision = Precision::float32, .shapes = {{"x", {2, 2}}}});
  const auto input = session.input("x").data<float>();
  std::ranges::copy(kFour, input.begin());
  session.run();
  const auto output = session.output("y").data<float>();
  const std::vector<float> expected{7, 10, 15, 22};
  CHECK(std::ranges::equal(output, expected));
}

TEST_CASE("builder: an input or a constant can be an output") {
  GraphBuilder builder("echo");
  const auto x = builder.input("x", DataType::float32, {2});
  const auto c = builder.constant("c", {4}, std::span<const float>(kFour));
  builder.output(x, "same");
  builder.output(c, "fixed");
  builder.output(x, "again");
  Session session(std::move(builder).build());
  session.input("x").data<float>()[1] = 5.0F;
  session.run();
  CHECK(session.output("same").data<float>()[1] == 5.0F);
  CHECK(session.output("again").data<float>()[1] == 5.0F);
  CHECK(session.output("fixed").data<float>()[3] == 4.0F);
}

TEST_CASE("builder: mistakes are named") {
  const auto unknown = error_of(
      [] {
        GraphBuilder builder("g");
        const auto x = builder.input("x", DataType::float32, {1});
        builder.node("Wobble", {x}, {}, "first");
      },
      ErrorCode::unsupported);
  CHECK(contains(unknown, "'first'"));
  CHECK(contains(unknown, "'Wobble'"));

  const auto mismatch = error_of(
      [] {
        GraphBuilder builder("g");
        const auto x = builder.input("x", DataType::float32, {1, 3});
        const auto w = builder.constant("w", {2, 2}, std::span<const float>(kFour));
        builder.output(builder.node("MatMul", {x, w}, {}, "product"), "y");
        (void)std::move(builder).build();
      },
      ErrorCode::invalid_graph);
  CHECK(contains(mismatch, "'product'"));

  const auto attribute = error_of(
      [] {
        GraphBuilder builder("g");
        const auto x = builder.input("x", DataType::float32, {1, 3});
        builder.output(builder.node("Relu", {x}, {{"slope", 0.5F}}, "act"), "y");
        (void)std::move(builder).build();
      },
      ErrorCode::unsupported);
  CHECK(contains(attribute, "'slope'"));

  error_of(
      [] {
        GraphBuilder builder("g");
        builder.constant("w", {3}, std::span<const float>(kFour));
      },
      ErrorCode::invalid_argument);

  const auto no_output = error_of(
      [] {
        GraphBuilder builder("empty");
        builder.input("x", DataType::float32, {1});
        (void)std::move(builder).build();
      },
      ErrorCode::invalid_graph);
  CHECK(contains(no_output, "'empty'"));

  error_of(
      [] {
        GraphBuilder builder("twins");
        const auto x = builder.input("x", DataType::float32, {1});
        builder.input("x", DataType::float32, {1});
        builder.output(builder.node("Relu", {x}), "y");
        (void)std::move(builder).build();
      },
      ErrorCode::invalid_graph);
}
