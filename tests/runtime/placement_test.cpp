#include "runtime/plan/placement.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/octavo.hpp"

#include "tests/runtime/sample_models.hpp"
#include "tests/support/random.hpp"

// Where the values of a graph lie: tested on random graphs whose steps move tokens instead of
// computing.
namespace octavo {
namespace {

using Tokens = std::vector<std::uint64_t>;

/// A random graph of bytes, and what each of its values holds.
class RandomGraph {
 public:
  explicit RandomGraph(std::uint64_t seed) : random_(seed) {
    for (int i = 0; i < 2; ++i) graph.inputs.push_back(fresh(static_cast<std::size_t>(size())));
    for (int i = 0; i < 24; ++i) add_node();
    for (ValueId id = 0; id < graph.values.size(); ++id) {
      if (random_.between(0, 9) == 0) graph.outputs.push_back(id);
    }
    graph.outputs.push_back(static_cast<ValueId>(graph.values.size() - 1));
  }

  Graph graph;
  std::vector<StepPlaces> steps;  ///< of the nodes but views
  std::vector<Tokens> contents;   ///< per value, one token for each byte

 private:
  int size() { return 16 * random_.between(1, 3); }
  ValueId any() { return static_cast<ValueId>(random_.between(0, last())); }
  int last() const { return static_cast<int>(graph.values.size()) - 1; }

  /// A value of tokens that no other one holds, if it is not given any.
  ValueId fresh(std::size_t bytes, Tokens tokens = {}) {
    if (tokens.empty()) {
      for (std::size_t i = 0; i < bytes; ++i) tokens.push_back(++token_);
    }
    Value value;
    value.name = "v" + std::to_string(graph.values.size());
    value.type = DataType::uint8;
    value.shape = {static_cast<std::int64_t>(tokens.size())};
    contents.push_back(std::move(tokens));
    return graph.add(std::move(value));
  }

  void add_node() {
    Node node;
    StepPlaces step;
    switch (random_.between(0, 5)) {
      case 0:
        node.op = Op::View;
        node.inputs = {any()};
        node.outputs = {fresh(0, contents[node.inputs[0]])};
        graph.nodes.push_back(std::move(node));
        return;
      case 1:
        node.op = Op::Concat;
        concatenate(node, step);
        break;
      case 2:
        node.op = Op::Split;
        split(node, step);
        break;
      case 3:
        node.op = Op::Conv;
        node.inputs = {any(), any()};
        node.outputs = {fresh(static_cast<std::size_t>(size()))};
        break;
      default:
        node.op = Op::Add;
        step.overwritable = input_set({0, 1});
        node.inputs = {any(), any()};
        node.outputs = {fresh(contents[node.inputs[0]].size())};
    }
    graph.nodes.push_back(std::move(node));
    steps.push_back(std::move(step));
  }

  void concatenate(Node& node, StepPlaces& step) {
    Tokens whole;
    for (int i = random_.between(1, 3); i > 0; --i) {
      node.inputs.push_back(any());
      step.input_places.push_back(whole.size());
      const Tokens& part = contents[node.inputs.back()];
      whole.insert(whole.end(), part.begin(), part.end());
    }
    node.outputs = {fresh(0, whole)};
  }

  void split(Node& node, StepPlaces& step) {
    node.inputs = {any()};
    const Tokens whole = contents[node.inputs[0]];
    const auto middle =
        static_cast<std::size_t>(random_.between(0, static_cast<int>(whole.size())));
    step.output_places = {0, middle};
    const auto cut = whole.begin() + static_cast<std::ptrdiff_t>(middle);
    node.outputs = {fresh(0, {whole.begin(), cut}), fresh(0, {cut, whole.end()})};
  }

  test::Random random_;
  std::uint64_t token_ = 0;
};

/// Memory as a plan lays it out, one token for each byte.
class Memory {
 public:
  Memory(const RandomGraph& random, const Placement& placement)
      : random_(random), placement_(placement), layout_(plan_arena(placement.buffers())) {
    bytes_.resize(layout_.bytes);
  }

  void write(ValueId id) { std::ranges::copy(random_.contents[id], at(id)); }
  bool holds(ValueId id) { return std::ranges::equal(random_.contents[id], view(id)); }

 private:
  std::span<std::uint64_t> view(ValueId id) {
    return {bytes_.data() + (at(id) - bytes_.begin()), random_.contents[id].size()};
  }
  Tokens::iterator at(ValueId id) {
    const std::size_t position = layout_.offsets[placement_.buffer(id)] + placement_.offset(id);
    REQUIRE(position + random_.contents[id].size() <= bytes_.size());
    return bytes_.begin() + static_cast<std::ptrdiff_t>(position);
  }

  const RandomGraph& random_;
  const Placement& placement_;
  ArenaLayout layout_;
  Tokens bytes_;
};

TEST_CASE("placement: every step of random graphs finds its inputs as they were computed") {
  std::size_t overwritten = 0;
  std::size_t joined = 0;
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    CAPTURE(seed);
    const RandomGraph random(seed);
    const Graph& graph = random.graph;
    const Placement placement(graph, random.steps);
    Memory memory(random, placement);
    for (const ValueId id : graph.inputs) memory.write(id);
    for (const Node& node : graph.nodes) {
      if (node.op == Op::View) continue;  // which reads nothing
      for (const ValueId id : node.inputs) REQUIRE(memory.holds(id));
      for (const ValueId id : node.outputs) {
        const bool there =
            placement.buffer(id) == placement.buffer(node.inputs[0]) && node.op != Op::Conv;
        (node.op == Op::Add ? overwritten : joined) += there;
        memory.write(id);
      }
    }
    for (const ValueId id : graph.inputs) REQUIRE(memory.holds(id));
    for (const ValueId id : graph.outputs) REQUIRE(memory.holds(id));
  }
  CHECK(overwritten > 500);
  CHECK(joined > 1000);
}

TEST_CASE("placement: elementwise steps, and the parts of a concatenation, ask for no memory") {
  constexpr std::int64_t kRows = 4096;
  const auto arena_bytes = [](bool kept) {
    GraphBuilder g("chain");
    test::RandomConstants constant(g);
    const auto x = g.input("x", DataType::float32, {1, kRows, 16});
    std::vector<GraphBuilder::Value> steps;
    for (const char* name : {"w1", "w2"}) {
      auto y = g.node("MatMul", {x, constant(name, {16, 16})});
      for (const char* op : {"Sigmoid", "Sqrt", "Softsign", "Neg"})
        steps.push_back(y = g.node(op, {y}));
    }
    g.output(g.node("Concat", {steps[3], steps[7]}, {{"axis", std::int64_t{1}}}), "y");
    if (kept) {
      for (std::size_t i = 0; i < 3; ++i) g.output(steps[i], "kept" + std::to_string(i));
    }
    Session session(std::move(g).build());
    test::fill(session.input(0).data<float>(), 1);
    session.run();
    const auto y = session.output(0).data<float>();
    CHECK(std::ranges::all_of(y, [](float value) { return value > -0.5F && value < 0.0F; }));
    return session.arena_bytes();
  };
  constexpr std::size_t kBytes = kRows * 16 * sizeof(float);
  CHECK(arena_bytes(false) < 3 * kBytes + 4096);  // the input, and the output of twice its size
  CHECK(arena_bytes(true) > 6 * kBytes);
}

TEST_CASE("placement: a layer whose output takes the place of its input shows no input") {
  GraphBuilder g("two");
  test::RandomConstants constant(g);
  const auto x = g.input("x", DataType::float32, {4, 8});
  const auto y = g.node("MatMul", {x, constant("w", {8, 8})}, {}, "product");
  g.output(g.node("Softsign", {y}, {}, "function"), "y");
  Session session(std::move(g).build());
  test::fill(session.input(0).data<float>(), 1);
  std::vector<std::size_t> inputs;
  session.run_observed([&](std::size_t, const LayerTensors& tensors) {
    inputs.push_back(tensors.input.size());
    CHECK(tensors.output.size() == 32);
  });
  CHECK(inputs == std::vector<std::size_t>{32, 0});
}

TEST_CASE("placement: an output that is a part of the input stays when the next input is written") {
  GraphBuilder g("parts");
  const auto x = g.input("x", DataType::float32, {4, 8});
  const auto parts = g.nodes("Split", {x}, 2, {{"axis", std::int64_t{0}}});
  g.output(parts[0], "first");
  g.output(g.node("Tanh", {parts[1]}), "second");
  Session session(std::move(g).build());
  test::fill(session.input(0).data<float>(), 1);
  session.run();
  const std::vector<float> first = test::copy(session.output(0));
  test::fill(session.input(0).data<float>(), 2);
  CHECK(test::copy(session.output(0)) == first);
}

}  // namespace
}  // namespace octavo
