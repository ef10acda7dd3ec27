#include <cstdint>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include "tests/runtime/op_harness.hpp"

using namespace octavo;
using namespace octavo::test;

namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

const Operand kMatrix = fed<float>({2, 3}, {0, 1, 2, 3, 4, 5});

}  // namespace

TEST_CASE("ops: Gather takes computed indices, and checks them while running") {
  const auto gathered = run_node("Gather", {kMatrix, fed<std::int64_t>({2}, {-1, 0})});
  CHECK(gathered[0].values<float>() == Floats{3, 4, 5, 0, 1, 2});
  const auto columns =
      run_node("Gather", {kMatrix, fed<std::int32_t>({}, {2})}, {{"axis", std::int64_t{1}}});
  CHECK(columns[0].values<float>() == Floats{2, 5});
  CHECK(contains(error_of("Gather", {kMatrix, fed<std::int64_t>({1}, {2})}),
                 "node 'tested' (Gather): input 'operand1': index 2 lies outside an axis of extent "
                 "2"));
  CHECK(contains(
      error_of("Gather",
               {kMatrix, fed<std::int64_t>({1}, {std::numeric_limits<std::int64_t>::min()})}),
      "lies outside"));
  CHECK(contains(error_of("Gather", {kMatrix, fed<float>({1}, {0})}), "expected int64"));
}

TEST_CASE("ops: GatherElements and GatherND") {
  const auto elements =
      run_node("GatherElements", {kMatrix, fed<std::int64_t>({2, 2}, {0, -1, 2, 1})},
               {{"axis", std::int64_t{1}}});
  CHECK(elements[0].values<float>() == Floats{0, 2, 5, 4});
  CHECK(contains(error_of("GatherElements", {kMatrix, integers({0})}), "expected 2 dimensions"));
  CHECK(contains(error_of("GatherElements", {kMatrix, fed<std::int64_t>({3, 3}, Ints(9, 0))},
                          {{"axis", std::int64_t{1}}}),
                 "reach beyond [2, 3] in dimension 0"));
  CHECK(contains(error_of("GatherElements", {kMatrix, fed<std::int64_t>({1, 1}, {2})}),
                 "index 2 lies outside"));

  const auto points = run_node("GatherND", {kMatrix, fed<std::int64_t>({2, 2}, {0, 1, 1, -1})});
  CHECK(points[0].shape == Shape{2});
  CHECK(points[0].values<float>() == Floats{1, 5});
  const auto rows = run_node("GatherND", {kMatrix, fed<std::int64_t>({1, 1}, {1})});
  CHECK(rows[0].shape == Shape{1, 3});
  CHECK(rows[0].values<float>() == Floats{3, 4, 5});
  const auto batched = run_node("GatherND", {kMatrix, fed<std::int64_t>({2, 1}, {2, 0})},
                                {{"batch_dims", std::int64_t{1}}});
  CHECK(batched[0].values<float>() == Floats{2, 3});
  CHECK(contains(error_of("GatherND", {kMatrix, fed<std::int64_t>({1, 3}, {0, 0, 0})}),
                 "do not fit data of shape [2, 3]"));
  CHECK(contains(error_of("GatherND", {kMatrix, fed<std::int64_t>({1, 2}, {0, 3})}),
                 "index 3 lies outside"));
  CHECK(contains(error_of("GatherND", {kMatrix, integers({0})}, {{"batch_dims", std::int64_t{3}}}),
                 "batch_dims is 3"));
}

TEST_CASE("ops: ScatterElements and ScatterND") {
  const Operand zeros = fed<float>({3}, {1, 1, 1});
  const auto scatter = [&](const char* reduction) {
    return run_node("ScatterElements",
                    {zeros, fed<std::int64_t>({3}, {0, 2, 0}), fed<float>({3}, {5, 6, 7})},
                    {{"reduction", std::string(reduction)}})[0]
        .values<float>();
  };
  CHECK(scatter("none") == Floats{7, 1, 6});
  CHECK(scatter("add") == Floats{13, 1, 7});
  CHECK(scatter("mul") == Floats{35, 1, 6});
  CHECK(scatter("max") == Floats{7, 1, 6});
  CHECK(scatter("min") == Floats{1, 1, 1});
  const auto rows = run_node(
      "ScatterND", {kMatrix, fed<std::int64_t>({1, 1}, {-1}), fed<float>({1, 3}, {7, 8, 9})});
  CHECK(rows[0].values<float>() == Floats{0, 1, 2, 7, 8, 9});
  CHECK(contains(error_of("ScatterND",
                          {kMatrix, fed<std::int64_t>({1, 1}, {2}), fed<float>({1, 3}, {7, 8, 9})}),
                 "index 2 lies outside"));
  CHECK(contains(error_of("ScatterND", {kMatrix, integers({0}), fed<float>({2}, {7, 8})}),
                 "updates have shape [2]"));
  CHECK(contains(
      error_of("ScatterElements", {zeros, fed<std::int64_t>({1}, {3}), fed<float>({1}, {5})}),
      "index 3 lies outside"));
  CHECK(contains(error_of("ScatterElements", {zeros, integers({0, 1}), fed<float>({1}, {5})}),
                 "do not fit together"));
}

TEST_CASE("ops: Tile, DepthToSpace, SpaceToDepth and Trilu") {
  const auto tiled = run_node("Tile", {fed<float>({1, 2}, {1, 2}), integers({2, 2})});
  CHECK(tiled[0].shape == Shape{2, 4});
  CHECK(tiled[0].values<float>() == Floats{1, 2, 1, 2, 1, 2, 1, 2});
  CHECK(contains(error_of("Tile", {kMatrix, integers({2})}), "do not fit shape [2, 3]"));
  CHECK(contains(error_of("Tile", {kMatrix, integers({1, -1})}), "do not fit shape"));
  CHECK(contains(error_of("Tile", {kMatrix, integers({std::int64_t{1} << 40, 1})}), "2^40"));

  const Operand depth = fed<float>({1, 8, 1, 1}, {0, 1, 2, 3, 4, 5, 6, 7});
  const Attributes blocks{{"blocksize", std::int64_t{2}}};
  CHECK(run_node("DepthToSpace", {depth}, blocks)[0].values<float>() ==
        Floats{0, 2, 4, 6, 1, 3, 5, 7});
  CHECK(run_node("DepthToSpace", {depth},
                 {{"blocksize", std::int64_t{2}}, {"mode", std::string("CRD")}})[0]
            .values<float>() == Floats{0, 1, 2, 3, 4, 5, 6, 7});
  const auto space =
      run_node("SpaceToDepth", {fed<float>({1, 1, 2, 4}, {0, 1, 2, 3, 4, 5, 6, 7})}, blocks);
  CHECK(space[0].shape == Shape{1, 4, 1, 2});
  CHECK(space[0].values<float>() == Floats{0, 2, 1, 3, 4, 6, 5, 7});
  CHECK(contains(error_of("DepthToSpace", {depth}, {{"blocksize", std::int64_t{3}}}),
                 "cannot make blocks of 3"));
  CHECK(contains(error_of("SpaceToDepth", {depth}, {{"blocksize", std::int64_t{0}}}),
                 "blocksize is 0"));

  const auto triangle = [&](std::int64_t upper, std::int64_t k) {
    return run_node("Trilu", {kMatrix, integers({k})}, {{"upper", upper}})[0].values<float>();
  };
  CHECK(triangle(1, 0) == Floats{0, 1, 2, 0, 4, 5});
  CHECK(triangle(0, 0) == Floats{0, 0, 0, 3, 4, 0});
  CHECK(triangle(1, 1) == Floats{0, 1, 2, 0, 0, 5});
  CHECK(triangle(0, std::numeric_limits<std::int64_t>::max()) == Floats{0, 1, 2, 3, 4, 5});
}

TEST_CASE("ops: tensors made from a few numbers") {
  CHECK(run_node("EyeLike", {kMatrix}, {{"k", std::int64_t{1}}})[0].values<float>() ==
        Floats{0, 1, 0, 0, 0, 1});
  CHECK(run_node("EyeLike", {kMatrix}, {{"dtype", std::int64_t{6}}})[0].type == DataType::int32);
  const auto range = [](auto start, auto limit, auto step) {
    using T = decltype(start);
    return run_node("Range", {constant<T>({}, {start}), constant<T>({}, {limit}),
                              constant<T>({}, {step})})[0]
        .template values<T>();
  };
  CHECK(range(1.0F, 2.0F, 0.5F) == Floats{1, 1.5F});
  CHECK(range(std::int64_t{5}, std::int64_t{0}, std::int64_t{-2}) == Ints{5, 3, 1});
  CHECK(range(std::int32_t{5}, std::int32_t{5}, std::int32_t{1}).empty());
  const Operand one = constant<std::int64_t>({}, {1});
  CHECK(contains(error_of("Range", {one, one, constant<std::int64_t>({}, {0})}), "has no range"));
  CHECK(contains(error_of("Range", {one, fed<std::int64_t>({}, {2}), one}),
                 "must be known beforehand"));

  const auto hot = run_node(
      "OneHot", {fed<std::int64_t>({3}, {1, -1, 9}), integers({2}), constant<float>({2}, {0, 5})});
  CHECK(hot[0].shape == Shape{3, 2});
  CHECK(hot[0].values<float>() == Floats{0, 5, 0, 5, 0, 0});
  CHECK(contains(error_of("OneHot", {fed<std::int64_t>({1}, {1}), integers({-2}),
                                     constant<float>({2}, {0, 5})}),
                 "depth is -2"));
  CHECK(run_node("Size", {kMatrix})[0].values<std::int64_t>() == Ints{6});
  const auto flags = run_node("ConstantOfShape", {integers({2})},
                              {{"value", std::int64_t{1}}, {"dtype", std::int64_t{9}}});
  CHECK(flags[0].type == DataType::boolean);
  CHECK(flags[0].values<std::uint8_t>() == std::vector<std::uint8_t>{1, 1});
}
