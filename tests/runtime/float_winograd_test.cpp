#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/octavo.hpp"

#include "tests/runtime/op_harness.hpp"
#include "tests/runtime/sample_models.hpp"

using namespace octavo;
using namespace octavo::test;

namespace {

using Ints = std::vector<std::int64_t>;

/// image [images, 16, 19, 17] -> a 3x3 convolution that Winograd's algorithm suits, with ReLU ->
/// one with stride 2, that it does not.
Model two_convolutions(const Ints& pads = {1, 1, 1, 1}) {
  GraphBuilder g("two_convolutions");
  std::uint32_t seed = 1;
  const auto constant = [&](const char* name, Shape shape) {
    const auto values = random_values(element_count(shape), seed++);
    return g.constant(name, std::move(shape), std::span<const float>(values));
  };
  auto y = g.node("Conv",
                  {g.input("image", DataType::float32, {-1, 16, 19, 17}),
                   constant("w1", {35, 16, 3, 3}), constant("b1", {35})},
                  {{"pads", pads}}, "suited");
  y = g.node("Relu", {y}, {}, "relu");
  g.output(y, "first");
  y = g.node("Conv", {y, constant("w2", {16, 35, 3, 3})}, {{"strides", Ints{2, 2}}}, "strided");
  g.output(y, "second");
  return std::move(g).build();
}

struct Results {
  std::vector<float> first, second;
  std::vector<std::string> kernels;
  bool operator==(const Results&) const = default;
};

Results run(const Model& model, SessionOptions options, std::int64_t images = 2) {
  options.shapes = {{"image", {images, 16, 19, 17}}};
  Session session(model, std::move(options));
  fill(session.input(0).data<float>(), 9);
  session.run();
  session.run();  // what the first run left in the scratch memory must not matter
  Results results{copy(session.output(0)), copy(session.output(1)), {}};
  for (const LayerInfo& layer : session.layers()) {
    if (layer.macs != 0) results.kernels.push_back(layer.kernel);
  }
  return results;
}

}  // namespace

TEST_CASE("float winograd: the suited layer is computed by it, with nearly the same results") {
  for (const Ints& pads : {Ints{1, 1, 1, 1}, Ints{0, 0, 0, 0}, Ints{0, 2, 1, 0}}) {
    CAPTURE(to_string(pads));
    const Model model = two_convolutions(pads);
    for (const InstructionSet& isa : instruction_sets()) {
      if (!isa.supported) continue;
      CAPTURE(isa.name);
      const Results direct = run(model, {.precision = Precision::float32, .isa = isa.name});
      const Results winograd =
          run(model, {.precision = Precision::float32, .float_winograd = true, .isa = isa.name});
      CHECK(direct.kernels == std::vector<std::string>{"float32", "float32"});
      CHECK(winograd.kernels == std::vector<std::string>{"float32 winograd 4x4", "float32"});
      CHECK(winograd.first != direct.first);
      CHECK(largest_difference(winograd.first, direct.first) < 3e-5);    // of outputs of up to 20
      CHECK(largest_difference(winograd.second, direct.second) < 5e-4);  // ... and 200
    }
  }
}

TEST_CASE("float winograd: results do not depend on threads or on the batch") {
  const Model model = two_convolutions();
  const auto options = [](std::size_t threads) {
    return SessionOptions{
        .precision = Precision::float32, .float_winograd = true, .threads = threads};
  };
  const Results one = run(model, options(1), 3);
  CHECK(run(model, options(2), 3) == one);
  CHECK(run(model, options(5), 3) == one);
  const Results single = run(model, options(1), 1);
  CHECK(std::equal(single.first.begin(), single.first.end(), one.first.begin()));
}

TEST_CASE("float winograd: int8 layers stay as they are") {
  const Model model = two_convolutions();
  const Results without = run(model, {.precision = Precision::int8});
  CHECK(run(model, {.precision = Precision::int8, .float_winograd = true}) == without);
}

TEST_CASE("float winograd: weights that are stored as int8 are computed with as well") {
  const Model model = two_convolutions().quantized();
  const Results direct = run(model, {.precision = Precision::float32});
  const Results winograd = run(model, {.precision = Precision::float32, .float_winograd = true});
  CHECK(winograd.kernels.front() == "float32 winograd 4x4");
  CHECK(largest_difference(winograd.first, direct.first) < 3e-5);
}

TEST_CASE("float winograd: automatic weighs it against int8") {
  const Results results =
      run(two_convolutions(), {.precision = Precision::automatic, .float_winograd = true});
  CHECK(results.kernels.front() != "float32");
}
