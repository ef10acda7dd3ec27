#include <filesystem>

#include <doctest/doctest.h>

#include "tests/runtime/onnx_writer.hpp"
#include "tests/support/paths.hpp"

namespace octavo {
namespace {

using test::attribute;
using test::contains;
using test::elements;
using test::failure_of;
using test::float_tensor;
using test::load_bytes;
using test::onnx_attribute;
using test::onnx_tensor;
using test::OnnxWriter;
using test::raw_tensor;
using test::tensor_attribute;

/// A model of y = Relu(x * w + b).
void write_small_model(OnnxWriter& writer) {
  writer.input("x", {-1, 2})
      .initializer(float_tensor("w", {2, 3}, {1, 2, 3, 4, 5, 6}))
      .initializer(float_tensor("b", {3}, {7, 8, 9}))
      .node("Gemm", {"x", "w", "b"}, {"h"}, {attribute("alpha", 0.5F)}, "fc")
      .node("Relu", {"h"}, {"y"}, {}, "")
      .output("y");
}

TEST_CASE("onnx: a small model") {
  OnnxWriter writer(13);
  write_small_model(writer);
  const Graph graph = load_bytes(writer);
  REQUIRE(graph.nodes.size() == 2);
  const Node& gemm = graph.nodes[0];
  CHECK(gemm.op == Op::Gemm);
  CHECK(gemm.name == "fc");
  CHECK(std::get<float>(gemm.attributes.at("alpha")) == 0.5F);
  CHECK(graph.nodes[1].name == "Relu_1");
  CHECK(graph.nodes[1].inputs == gemm.outputs);
  CHECK(graph.outputs == graph.nodes[1].outputs);
  REQUIRE(graph.inputs.size() == 1);
  CHECK(graph.values[graph.inputs[0]].name == "x");
  CHECK(graph.values[graph.inputs[0]].shape == Shape{-1, 2});
  const Value& weight = graph.values[gemm.inputs[1]];
  REQUIRE(weight.constant != nullptr);
  CHECK(weight.shape == Shape{2, 3});
  CHECK(elements<float>(*weight.constant) == std::vector<float>{1, 2, 3, 4, 5, 6});
}

TEST_CASE("onnx: initializers that are listed as inputs are no inputs") {
  OnnxWriter writer(8);
  writer.input("x", {1}).input("w", {1}).initializer(float_tensor("w", {1}, {2}));
  writer.node("Mul", {"x", "w"}, {"y"}).output("y");
  const Graph graph = load_bytes(writer);
  CHECK(graph.inputs.size() == 1);
  CHECK(graph.values[graph.nodes[0].inputs[1]].constant != nullptr);
}

TEST_CASE("onnx: nodes and tensors that do not fit together") {
  const auto refused = [](const auto& write, std::string_view code, std::string_view text) {
    OnnxWriter writer(13);
    writer.input("x", {1});
    write(writer);
    const std::string failure = failure_of(writer);
    CAPTURE(failure);
    CHECK(failure.starts_with(std::string(code) + ": test.onnx: "));
    CHECK(contains(failure, text));
  };
  refused([](auto& w) { w.node("Relu", {"q"}, {"y"}).output("y"); }, "invalid_graph",
          "node 'node' (Relu): reads tensor 'q', which nothing defines");
  refused(
      [](auto& w) {
        w.node("Relu", {"b"}, {"a"}, {}, "first").node("Relu", {"a"}, {"b"}, {}, "second");
        w.output("b");
      },
      "invalid_graph", "node 'first' (Relu): reads tensor 'b' before node 'second' (Relu)");
  refused([](auto& w) { w.node("Relu", {"y"}, {"y"}).output("y"); }, "invalid_graph", "cycle");
  refused([](auto& w) { w.node("Relu", {"x"}, {"x"}).output("x"); }, "invalid_graph",
          "tensor 'x' is defined twice");
  refused([](auto& w) { w.node("Relu", {"x"}, {"y"}).node("Relu", {"x"}, {"y"}).output("y"); },
          "invalid_graph", "tensor 'y' is defined twice");
  refused([](auto& w) { w.input("x", {1}).output("x"); }, "invalid_graph", "'x' is defined twice");
  refused(
      [](auto& w) {
        w.initializer(float_tensor("c", {}, {1})).initializer(float_tensor("c", {}, {1}));
      },
      "invalid_graph", "'c' is defined twice");
  refused([](auto& w) { w.initializer(float_tensor("", {}, {1})); }, "invalid_graph", "no name");
  refused([](auto& w) { w.output("y"); }, "invalid_graph", "output 'y'");
  refused([](auto& w) { w.node("Relu", {"x"}, {"y"}); }, "invalid_graph", "no outputs");
  refused([](auto& w) { w.node("Relu", {"x"}, {}); }, "malformed_file", "no outputs");
  refused([](auto& w) { w.node("Relu", {"x"}, {"y"}, {}, "n", "com.microsoft").output("y"); },
          "unsupported", "node 'n' (Relu): operator Relu of domain 'com.microsoft'");
  refused([](auto& w) { w.node("Loop", {"x"}, {"y"}).output("y"); }, "unsupported",
          "node 'node' (Loop): operator Loop of opset 13");
  for (const char* const own : {"Linear", "View", ""}) {
    refused([&](auto& w) { w.node(own, {"x"}, {"y"}).output("y"); }, "unsupported", own);
  }
  refused([](auto& w) { w.graph_writer.add_bytes(15, ""); }, "unsupported", "sparse");
  refused([](auto& w) { w.extra = std::string("\xca\x01\x00", 3); }, "unsupported", "functions");
}

TEST_CASE("onnx: inputs need a dense tensor type with a shape") {
  const auto input_failure = [](const std::string& type) {
    OnnxWriter writer(13);
    std::string message;
    protozero::pbf_writer info(message);
    info.add_string(1, "x");
    info.add_message(2, type);
    writer.graph_writer.add_message(11, message);
    return failure_of(writer.output("x"));
  };
  CHECK(contains(input_failure(""), "malformed_file: test.onnx: input 'x': has no type"));
  CHECK(contains(input_failure(std::string("\x0a\x02\x08\x01", 4)), "has no shape"));
  CHECK(contains(input_failure(std::string("\x22\x00", 2)), "not a dense tensor"));
  CHECK(contains(input_failure(std::string("\x0a\x04\x08\x08\x12\x00", 6)), "string"));
  OnnxWriter writer(13);
  CHECK(contains(failure_of(writer.input("x", {2, -7}).output("x")), "negative dimension -7"));
}

TEST_CASE("onnx: attributes") {
  const auto attribute_failure = [](const std::vector<std::string>& attributes) {
    OnnxWriter writer(13);
    writer.input("x", {1}).node("Flatten", {"x"}, {"y"}, attributes).output("y");
    return failure_of(writer);
  };
  const std::string place = "test.onnx: node 'node' (Flatten): attribute 'axis': ";
  CHECK(attribute_failure({attribute("axis", std::int64_t{1})}).empty());
  CHECK(contains(attribute_failure({onnx_attribute("axis", 5, [](auto&) {})}),
                 "attribute 'axis' holds a subgraph, which is not supported"));
  CHECK(contains(attribute_failure({onnx_attribute("axis", 9, [](auto&) {})}),
                 "unsupported: " + place + "holds tensors"));
  CHECK(contains(attribute_failure({onnx_attribute("axis", 257, [](auto&) {})}),
                 "unsupported: " + place + "holds a value of kind 257"));
  CHECK(contains(attribute_failure({onnx_attribute("axis", 0, [](auto&) {})}),
                 "malformed_file: " + place + "does not say its type"));
  CHECK(contains(attribute_failure({onnx_attribute("axis", 2, [](auto& w) { w.add_float(3, 1); })}),
                 "malformed_file: " + place + "protobuf field 3 has wire type 5, expected 0"));
  CHECK(contains(
      attribute_failure({attribute("axis", std::int64_t{1}), attribute("axis", std::int64_t{1})}),
      "malformed_file: " + place + "is given twice"));
  CHECK(contains(
      attribute_failure({onnx_attribute("axis", 2, [](auto& w) { w.add_string(21, "a"); })}),
      "unsupported: " + place + "refers to an attribute of a function"));
  CHECK(contains(attribute_failure({tensor_attribute("axis", float_tensor("", {}, {1}))}),
                 "attribute 'axis' holds a tensor"));
  CHECK(contains(attribute_failure({attribute("odd", std::int64_t{1})}), "attribute 'odd'"));
}

TEST_CASE("onnx: nodes Constant become constants") {
  const auto load_constant = [](const std::string& value) {
    OnnxWriter writer(13);
    const Graph graph = load_bytes(writer.node("Constant", {}, {"t"}, {value}).output("t"));
    CHECK(graph.nodes.empty());
    return *graph.values.at(graph.outputs.at(0)).constant;
  };
  const Tensor tensor = load_constant(tensor_attribute("value", float_tensor("", {1, 2}, {3, 4})));
  CHECK(tensor.shape == Shape{1, 2});
  CHECK(elements<float>(tensor) == std::vector<float>{3, 4});
  const Tensor real = load_constant(attribute("value_float", 0.5F));
  CHECK(real.shape.empty());
  CHECK(elements<float>(real) == std::vector<float>{0.5F});
  const Tensor integers = load_constant(attribute("value_ints", std::vector<std::int64_t>{5, 6}));
  CHECK(integers.shape == Shape{2});
  CHECK(elements<std::int64_t>(integers) == std::vector<std::int64_t>{5, 6});
  CHECK(elements<float>(load_constant(attribute("value_floats", std::vector<float>{1}))) ==
        std::vector<float>{1});
  CHECK(elements<std::int64_t>(load_constant(attribute("value_int", std::int64_t{-9}))) ==
        std::vector<std::int64_t>{-9});
  const auto constant_failure = [](const std::vector<std::string>& attributes) {
    OnnxWriter writer(13);
    return failure_of(writer.node("Constant", {}, {"t"}, attributes).output("t"));
  };
  CHECK(contains(constant_failure({}), "node 'node' (Constant): 0 attributes"));
  CHECK(contains(constant_failure({attribute("value_string", "s")}), "unsupported"));
  CHECK(contains(constant_failure({onnx_attribute("sparse_value", 11, [](auto&) {})}), "sparse"));
}

TEST_CASE("onnx: opset imports") {
  const auto import_failure = [](std::int64_t opset, const std::string& extra) {
    OnnxWriter writer(opset);
    writer.extra = extra;
    return failure_of(writer.input("x", {1}).output("x"));
  };
  const std::string other_domain("\x42\x06\x0a\x02ml\x10\x63", 8);
  const std::string ai_onnx_12(
      "\x42\x0b\x0a\x07"
      "ai.onnx\x10\x0c",
      13);
  CHECK(import_failure(6, "").empty());
  CHECK(import_failure(26, other_domain).empty());
  CHECK(import_failure(12, ai_onnx_12).empty());
  CHECK(contains(import_failure(13, ai_onnx_12), "imports opsets 13 and 12"));
  CHECK(contains(import_failure(5, ""), "unsupported: test.onnx: opset 5"));
  CHECK(contains(import_failure(27, ""), "opset 27 is not supported, expected 6 to 26"));
  CHECK(contains(import_failure(-1, ""), "opset -1"));
  OnnxWriter writer(13);
  std::string without = writer.input("x", {1}).output("x").model();
  without.resize(without.size() - 4);
  CHECK(contains(failure_of(without), "imports no opset"));
}

TEST_CASE("onnx: damaged files throw Error, whatever the damage") {
  for (const std::string& bytes :
       {std::string(), std::string("\0", 1), std::string("plain text"), std::string(64, '\xff'),
        std::string("\x08\x08"), std::string("\x3a\xff\xff\xff\xff\x0f"),
        std::string("\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), std::string(100000, '\x0b')}) {
    CHECK(failure_of(bytes).starts_with("malformed_file: test.onnx: "));
  }
  OnnxWriter writer(9);
  writer.input("x", {-1, 1, 4, 4})
      .initializer(float_tensor("w", {1, 1, 1, 1}, {1}))
      .initializer(onnx_tensor("i", {2}, 7,
                               [](auto& w) {
                                 w.add_int64(7, 0);
                                 w.add_int64(7, -1);
                               }))
      .node("Constant", {}, {"c"}, {tensor_attribute("value", float_tensor("", {}, {2}))}, "c")
      .node("Conv", {"x", "w"}, {"a"}, {attribute("strides", std::vector<std::int64_t>{1, 1})})
      .node("Sum", {"a", "c", "a"}, {"b"})
      .node("Clip", {"b"}, {"d"}, {attribute("min", 0.0F), attribute("max", 6.0F)})
      .node("Dropout", {"d"}, {"e", "mask"}, {attribute("ratio", 0.5F)})
      .node("Reshape", {"e", "i"}, {"y"})
      .output("y");
  const std::string bytes = writer.model();
  REQUIRE(failure_of(bytes).empty());
  CHECK(test::count_refusals(bytes) > bytes.size());
}

TEST_CASE("onnx: files") {
  CHECK_THROWS_WITH_AS(formats::load(std::filesystem::path("/nonexistent/model.onnx")),
                       doctest::Contains("/nonexistent/model.onnx: cannot be opened"), Error);
  CHECK_THROWS_WITH_AS(formats::load(std::filesystem::temp_directory_path()),
                       doctest::Contains("is not a regular file"), Error);
}

TEST_CASE("onnx: real models load") {
  for (const char* const name :
       {"mnist_fc_256x4", "mnist_cntk", "mlperf_resnet8", "mlperf_ad01", "mobilenet_v1_025_128",
        "crepe_tiny", "ultraface_rfb320", "fastestdet", "yunet_n_320"}) {
    CAPTURE(name);
    const auto folder = test::data_folder();
    const auto path = folder.value_or("") / "models" / name / "model.onnx";
    if (!folder || !std::filesystem::exists(path)) {
      test::report_skipped("onnx: real model " + std::string(name), "no test data");
      continue;
    }
    const Graph graph = formats::load(path);
    CHECK(graph.inputs.size() == 1);
    CHECK(!graph.nodes.empty());
    CHECK(!graph.outputs.empty());
  }
}

/// A GraphProto with one node and its output.
std::string branch(const std::string& op, const std::vector<std::string>& inputs,
                   const std::string& output) {
  OnnxWriter writer(13);
  writer.node(op, inputs, {output}, {}, output + "_node").output(output);
  return writer.graph;
}

std::string graph_attribute(const std::string& name, const std::string& graph) {
  return onnx_attribute(name, 5, [&](auto& writer) { writer.add_message(6, graph); });
}

std::string choice(bool condition, const std::vector<std::string>& branches) {
  OnnxWriter writer(13);
  writer.input("x", {2})
      .initializer(raw_tensor("c", {}, 9, std::string(1, condition ? '\1' : '\0')))
      .node("If", {"c"}, {"y"}, branches)
      .output("y");
  return writer.model();
}

TEST_CASE("onnx: an If with a constant condition becomes the branch that it takes") {
  const std::vector<std::string> branches{
      graph_attribute("then_branch", branch("Relu", {"x"}, "a")),
      graph_attribute("else_branch", branch("Neg", {"x"}, "b"))};
  const auto ops = [&](bool condition) {
    std::vector<Op> result;
    for (const Node& node : load_bytes(choice(condition, branches)).nodes) {
      result.push_back(node.op);
    }
    return result;
  };
  CHECK(ops(true) == std::vector<Op>{Op::Relu, Op::Identity});
  CHECK(ops(false) == std::vector<Op>{Op::Neg, Op::Identity});

  CHECK(contains(failure_of(choice(false, {branches[0]})), "'else_branch' is missing"));
  CHECK(contains(failure_of(choice(true, {graph_attribute("then_branch", "\x0a")})),
                 "malformed_file"));
  CHECK(contains(
      failure_of(choice(true, {graph_attribute("then_branch", branch("Relu", {"q"}, "a"))})),
      "reads tensor 'q', which nothing defines"));
  OnnxWriter computed(13);
  computed.input("c", {1}, 9).node("If", {"c"}, {"y"}, branches).output("y");
  CHECK(contains(failure_of(computed), "condition 'c' is not a constant of the model"));
  std::string nested = branch("Relu", {"x"}, "deepest");
  for (int i = 0; i < 20; ++i) {
    OnnxWriter outer(13);
    const std::string name = "level" + std::to_string(i);
    outer.node("If", {"c"}, {name}, {graph_attribute("then_branch", nested)}, name).output(name);
    nested = outer.graph;
  }
  CHECK(contains(failure_of(choice(true, {graph_attribute("then_branch", nested)})),
                 "limit_exceeded"));
}

}  // namespace
}  // namespace octavo
