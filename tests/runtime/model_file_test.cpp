#include <algorithm>
#include <bit>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>

#include <doctest/doctest.h>

#include "tests/runtime/onnx_writer.hpp"
#include "tests/support/temporary_folder.hpp"

namespace octavo {
namespace {

using test::contains;
using test::failure_of;
using test::load_bytes;

std::size_t file_count(const test::TemporaryFolder& folder) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(folder.path()), {}));
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string saved_bytes(const Graph& graph) {
  const test::TemporaryFolder folder;
  formats::save(graph, folder.path() / "model.safetensors");
  return read_file(folder.path() / "model.safetensors");
}

ValueId add_named(Graph& graph, std::string name, Shape shape = {}) {
  Value value;
  value.name = std::move(name);
  value.shape = std::move(shape);
  return graph.add(std::move(value));
}

/// Two nodes: an int8 convolution without bias, whose constants share a name, and Split.
Graph sample_graph() {
  Graph graph;
  graph.name = "sample \"1\" \u00e9";
  const ValueId x = add_named(graph, "x", {-1, 1, 8, 8});
  graph.inputs = {x};
  const std::vector<std::int8_t> weights = {1, -127, 5};
  const ValueId w = graph.add_constant("w", Tensor::of<std::int8_t>({3, 1, 1, 1}, weights));
  const std::vector<float> scales = {0.1F, 1e-38F, 3};
  const ValueId s = graph.add_constant("w", Tensor::of<float>({3}, scales));
  const ValueId unused = graph.add_constant("unused", Tensor::zeros(DataType::float64, {4}));
  CHECK(unused != s);
  Node conv;
  conv.op = Op::Conv;
  conv.name = "conv";
  conv.inputs = {x, w, kNoValue, s};
  conv.outputs = {add_named(graph, "")};
  conv.attributes = {{"activation_alpha", 0.1F},
                     {"activation_beta", std::numeric_limits<float>::infinity()},
                     {"auto_pad", std::string("NOTSET")},
                     {"pads", std::vector<std::int64_t>{0, 0, INT64_MAX, INT64_MIN}}};
  Node split;
  split.op = Op::Split;
  split.name = "split";
  split.inputs = {conv.outputs[0]};
  split.outputs = {add_named(graph, "y"), add_named(graph, "z")};
  split.attributes = {{"axis", std::int64_t{2}}};
  graph.outputs = {split.outputs[1], split.outputs[0]};
  graph.nodes = {conv, split};
  return graph;
}

TEST_CASE("model file: what is saved is loaded") {
  const Graph before = sample_graph();
  const Graph after = load_bytes(saved_bytes(before));
  CHECK(after.name == before.name);
  REQUIRE(after.inputs.size() == 1);
  const Value& input = after.values[after.inputs[0]];
  CHECK(input.name == "x");
  CHECK(input.type == DataType::float32);
  CHECK(input.shape == Shape{-1, 1, 8, 8});
  REQUIRE(after.outputs.size() == 2);
  CHECK(after.values[after.outputs[0]].name == "z");
  CHECK(after.values[after.outputs[1]].name == "y");
  REQUIRE(after.nodes.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(after.nodes[i].op == before.nodes[i].op);
    CHECK(after.nodes[i].name == before.nodes[i].name);
    CHECK(after.nodes[i].attributes == before.nodes[i].attributes);
    CHECK(after.nodes[i].inputs.size() == before.nodes[i].inputs.size());
  }
  const Node& conv = after.nodes[0];
  CHECK(conv.inputs[2] == kNoValue);
  for (const std::size_t i : {1U, 3U}) {
    const Tensor& saved = *before.values[before.nodes[0].inputs[i]].constant;
    const Tensor& loaded = *after.values[conv.inputs[i]].constant;
    CHECK(loaded.type == saved.type);
    CHECK(loaded.shape == saved.shape);
    CHECK(std::equal(loaded.data(), loaded.data() + loaded.bytes(), saved.data()));
  }
  CHECK(after.nodes[1].inputs == conv.outputs);
  const auto unused = [](const Value& value) { return value.name == "unused"; };
  CHECK(std::ranges::none_of(after.values, unused));
}

TEST_CASE("model file: the same graph gives the same bytes, also after loading") {
  const std::string bytes = saved_bytes(sample_graph());
  CHECK(saved_bytes(sample_graph()) == bytes);
  CHECK(saved_bytes(load_bytes(bytes)) == bytes);
}

TEST_CASE("model file: floats of attributes come back bit by bit") {
  Graph graph = sample_graph();
  std::vector<float> values = {0.0F,
                               -0.0F,
                               1.0F,
                               0.1F,
                               1.0F / 3.0F,
                               16777216.0F,
                               std::numeric_limits<float>::max(),
                               std::numeric_limits<float>::min(),
                               std::numeric_limits<float>::denorm_min(),
                               -std::numeric_limits<float>::infinity()};
  std::minstd_rand random(1);
  std::uniform_int_distribution<std::uint32_t> bits(0, 0x7f7fffff);
  for (int i = 0; i < 1000; ++i) values.push_back(std::bit_cast<float>(bits(random)));
  graph.nodes[1].attributes["axis"] = values;
  const Graph loaded = load_bytes(saved_bytes(graph));
  const auto& result = std::get<std::vector<float>>(loaded.nodes[1].attributes.at("axis"));
  REQUIRE(result.size() == values.size());
  CHECK(std::memcmp(result.data(), values.data(), values.size() * sizeof(float)) == 0);
}

TEST_CASE("model file: every element type, in place and aligned") {
  const test::TemporaryFolder folder;
  Graph graph;
  for (const DataType type :
       {DataType::boolean, DataType::int8, DataType::uint8, DataType::int16, DataType::uint16,
        DataType::float16, DataType::int32, DataType::uint32, DataType::float32, DataType::int64,
        DataType::uint64, DataType::float64}) {
    for (const std::int64_t count : {0, 1, 3, 64}) {
      const std::string name = std::string(to_string(type)) + std::to_string(count);
      const std::vector<std::byte> ones(static_cast<std::size_t>(count) * size_of(type),
                                        std::byte{1});
      graph.outputs.push_back(graph.add_constant(name, Tensor::copy_of(type, {count}, ones)));
    }
  }
  formats::save(graph, folder.path() / "types.safetensors");
  const Graph loaded = formats::load(folder.path() / "types.safetensors");
  REQUIRE(loaded.outputs.size() == graph.outputs.size());
  const auto& file = loaded.values[loaded.outputs[0]].constant->owner;
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    const Tensor& tensor = *loaded.values[loaded.outputs[i]].constant;
    CAPTURE(loaded.values[loaded.outputs[i]].name);
    CHECK(tensor.type == graph.values[graph.outputs[i]].type);
    CHECK(tensor.shape == graph.values[graph.outputs[i]].shape);
    CHECK(tensor.owner == file);
    CHECK(std::all_of(tensor.data(), tensor.data() + tensor.bytes(),
                      [](std::byte byte) { return byte == std::byte{1}; }));
    const std::size_t alignment = tensor.bytes() % 64 == 0 ? 64 : size_of(tensor.type);
    CHECK(reinterpret_cast<std::uintptr_t>(tensor.data()) % alignment == 0);
  }
}

TEST_CASE("model file: saving replaces a file in one step") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "model.safetensors";
  formats::save(sample_graph(), path);
  const std::string bytes = read_file(path);
  const Graph loaded = formats::load(path);
  formats::save(loaded, path);  // over the file that `loaded` points into
  CHECK(read_file(path) == bytes);
  CHECK(file_count(folder) == 1);
  CHECK_THROWS_WITH_AS(formats::save(loaded, folder.path() / "no/model.safetensors"),
                       doctest::Contains("cannot be created"), Error);
  std::filesystem::create_directory(folder.path() / "taken");
  CHECK_THROWS_WITH_AS(formats::save(loaded, folder.path() / "taken"),
                       doctest::Contains("cannot be replaced"), Error);
  CHECK(file_count(folder) == 2);
}

TEST_CASE("model file: graphs that cannot be saved") {
  const auto refusal = [](const auto& change) -> std::string {
    Graph graph = sample_graph();
    change(graph);
    try {
      (void)saved_bytes(graph);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  CHECK(contains(refusal([](Graph& g) { g.nodes[0].name = "\xff"; }), "not UTF-8"));
  CHECK(
      contains(refusal([](Graph& g) { g.values[g.inputs[0]].name = "y"; }), "under the name 'y'"));
  CHECK(contains(refusal([](Graph& g) { g.values[g.inputs[0]].name = "__metadata__"; }),
                 "'__metadata__'"));
  CHECK(contains(refusal([](Graph& g) { g.values[g.nodes[0].inputs[1]].shape_dependent = true; }),
                 "'w' was computed for one shape"));
  CHECK(refusal([](Graph& g) { g.values[g.nodes[0].inputs[1]].name = "__metadata__"; }).empty());
  CHECK(refusal([](Graph& g) { g.values[g.nodes[0].inputs[1]].name = "y"; }).empty());
}

TEST_CASE("model file: damaged files throw Error, whatever the damage") {
  const std::string bytes = saved_bytes(sample_graph());
  REQUIRE(failure_of(bytes).empty());
  CHECK(test::count_refusals(bytes) > bytes.size());
}

}  // namespace
}  // namespace octavo
