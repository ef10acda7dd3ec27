#include <doctest/doctest.h>

#include "tests/runtime/onnx_writer.hpp"

namespace octavo {
namespace {

using test::attribute;
using test::contains;
using test::failure_of;
using test::float_tensor;
using test::int64_tensor;
using test::load_bytes;
using test::OnnxWriter;
using test::raw_tensor;
using test::tensor_attribute;
using Integers = std::vector<std::int64_t>;

/// A model of one node that reads "x" and constants named "a", "b", "c", and writes "y", "z".
OnnxWriter& write_node(OnnxWriter& writer, const std::string& op,
                       const std::vector<std::string>& inputs,
                       const std::vector<std::string>& attributes,
                       const std::vector<std::string>& outputs = {"y"}) {
  return writer.input("x", {1, 2, 4, 4})
      .initializer(int64_tensor("a", {1}))
      .initializer(float_tensor("b", {4}, {1, 1, 2, 2}))
      .initializer(float_tensor("empty", {0}, {}))
      .initializer(raw_tensor("false", {}, 9, std::string(1, '\0')))
      .initializer(raw_tensor("true", {}, 9, "\1"))
      .node(op, inputs, outputs, attributes)
      .output("y");
}

Graph load_node(std::int64_t opset, const std::string& op, const std::vector<std::string>& inputs,
                const std::vector<std::string>& attributes = {},
                const std::vector<std::string>& outputs = {"y"}) {
  OnnxWriter writer(opset);
  return load_bytes(write_node(writer, op, inputs, attributes, outputs));
}

std::string node_failure(std::int64_t opset, const std::string& op,
                         const std::vector<std::string>& inputs,
                         const std::vector<std::string>& attributes = {},
                         const std::vector<std::string>& outputs = {"y"}) {
  OnnxWriter writer(opset);
  return failure_of(write_node(writer, op, inputs, attributes, outputs));
}

/// The constant elements of an input of the last node; empty when it is left out.
template <class T>
std::vector<T> constant(const Graph& graph, std::size_t index) {
  const Node& node = graph.nodes.back();
  if (index >= node.inputs.size() || node.inputs[index] == kNoValue) return {};
  const auto elements = graph.values[node.inputs[index]].constant->as<T>();
  return {elements.begin(), elements.end()};
}

std::string text(const Graph& graph, const char* name) {
  return std::get<std::string>(graph.nodes.back().attributes.at(name));
}

TEST_CASE("opset: axes, split, starts and ends become inputs") {
  for (const char* const op : {"Squeeze", "Unsqueeze"}) {
    const Graph graph = load_node(12, op, {"x"}, {attribute("axes", Integers{0, 1})});
    CHECK(graph.nodes[0].inputs.size() == 2);
    CHECK(constant<std::int64_t>(graph, 1) == Integers{0, 1});
    CHECK(graph.nodes[0].attributes.empty());
    CHECK(constant<std::int64_t>(load_node(13, op, {"x", "a"}), 1) == Integers{1});
    CHECK(contains(node_failure(12, op, {"x", "a"}), "2 inputs, opset 12 has 1"));
    CHECK(contains(node_failure(12, op, {"x"}, {attribute("axes", 1.0F)}),
                   "attribute 'axes' has the wrong type"));
  }
  CHECK(load_node(11, "Squeeze", {"x"}).nodes[0].inputs.size() == 1);
  const Graph split = load_node(
      11, "Split", {"x"}, {attribute("axis", std::int64_t{1}), attribute("split", Integers{1, 1})},
      {"y", "z"});
  CHECK(constant<std::int64_t>(split, 1) == Integers{1, 1});
  CHECK(std::get<std::int64_t>(split.nodes[0].attributes.at("axis")) == 1);
  const Graph slice = load_node(9, "Slice", {"x"},
                                {attribute("starts", Integers{1}), attribute("ends", Integers{3}),
                                 attribute("axes", Integers{2})});
  CHECK(constant<std::int64_t>(slice, 1) == Integers{1});
  CHECK(constant<std::int64_t>(slice, 2) == Integers{3});
  CHECK(constant<std::int64_t>(slice, 3) == Integers{2});
  CHECK(contains(node_failure(9, "Slice", {"x"}, {attribute("starts", Integers{1})}),
                 "attribute 'ends' is missing"));
  CHECK(contains(node_failure(9, "Slice", {"x", "a", "a"}), "3 inputs, opset 9 has 1"));
}

TEST_CASE("opset: bounds of Clip and pads of Pad become inputs") {
  const Graph both = load_node(6, "Clip", {"x"}, {attribute("min", 0.0F), attribute("max", 6.0F)});
  CHECK(constant<float>(both, 1) == std::vector<float>{0});
  CHECK(constant<float>(both, 2) == std::vector<float>{6});
  const Graph upper = load_node(10, "Clip", {"x"}, {attribute("max", 6.0F)});
  CHECK(upper.nodes[0].inputs.size() == 3);
  CHECK(upper.nodes[0].inputs[1] == kNoValue);
  CHECK(load_node(10, "Clip", {"x"}).nodes[0].inputs.size() == 1);
  CHECK(load_node(11, "Clip", {"x", "", "b"}).nodes[0].inputs[1] == kNoValue);
  const Graph pad = load_node(10, "Pad", {"x"},
                              {attribute("mode", "reflect"), attribute("value", 0.5F),
                               attribute("pads", Integers{0, 0, 1, 1, 0, 0, 1, 1})});
  CHECK(constant<std::int64_t>(pad, 1) == Integers{0, 0, 1, 1, 0, 0, 1, 1});
  CHECK(constant<float>(pad, 2) == std::vector<float>{0.5F});
  CHECK(text(pad, "mode") == "reflect");
  CHECK(contains(node_failure(10, "Pad", {"x"}), "attribute 'pads' is missing"));
}

TEST_CASE("opset: Upsample and the first Resize sample asymmetrically") {
  const Graph upsample7 = load_node(
      7, "Upsample", {"x"},
      {attribute("mode", "nearest"), attribute("scales", std::vector<float>{1, 1, 2, 2})});
  const Graph upsample9 = load_node(9, "Upsample", {"x", "b"}, {attribute("mode", "nearest")});
  const Graph resize10 = load_node(10, "Resize", {"x", "b"}, {attribute("mode", "nearest")});
  for (const Graph* const graph : {&upsample7, &upsample9, &resize10}) {
    const Node& node = graph->nodes.back();
    CHECK(node.op == Op::Resize);
    REQUIRE(node.inputs.size() == 3);
    CHECK(node.inputs[1] == kNoValue);
    CHECK(constant<float>(*graph, 2) == std::vector<float>{1, 1, 2, 2});
    CHECK(text(*graph, "coordinate_transformation_mode") == "asymmetric");
    CHECK(text(*graph, "nearest_mode") == "floor");
    CHECK(text(*graph, "mode") == "nearest");
  }
  const Graph resize11 = load_node(11, "Resize", {"x", "empty", "empty", "a"});
  CHECK(resize11.nodes[0].inputs[1] == kNoValue);
  CHECK(resize11.nodes[0].inputs[2] == kNoValue);
  CHECK(constant<std::int64_t>(resize11, 3) == Integers{1});
  CHECK(resize11.nodes[0].attributes.empty());
  CHECK(contains(node_failure(10, "Upsample", {"x", "b"}), "Upsample of opset 10"));
  CHECK(contains(node_failure(9, "Resize", {"x", "b"}), "Resize of opset 9"));
}

TEST_CASE("opset: the first Softmax flattens") {
  const auto attributes = [](std::int64_t opset, const std::vector<std::string>& given) {
    return load_node(opset, "Softmax", {"x"}, given).nodes[0].attributes;
  };
  CHECK(attributes(12, {}) ==
        Attributes{{"axis", std::int64_t{1}}, {"flattened", std::int64_t{1}}});
  CHECK(attributes(12, {attribute("axis", std::int64_t{3})}) ==
        Attributes{{"axis", std::int64_t{3}}, {"flattened", std::int64_t{1}}});
  CHECK(attributes(13, {}).empty());
  CHECK(contains(node_failure(13, "Softmax", {"x"}, {attribute("flattened", std::int64_t{1})}),
                 "attribute 'flattened' is not supported"));
}

TEST_CASE("opset: training mode is refused, what inference ignores is dropped") {
  const std::vector<std::string> five = {"x", "b", "b", "b", "b"};
  const Graph norm = load_node(8, "BatchNormalization", five,
                               {attribute("momentum", 0.9F), attribute("spatial", std::int64_t{1}),
                                attribute("epsilon", 0.1F)});
  CHECK(norm.nodes[0].attributes == Attributes{{"epsilon", 0.1F}});
  CHECK(load_node(6, "BatchNormalization", five, {attribute("is_test", std::int64_t{1})})
            .nodes[0]
            .attributes.empty());
  CHECK(contains(node_failure(6, "BatchNormalization", five), "training mode"));
  CHECK(
      contains(node_failure(8, "BatchNormalization", five, {attribute("spatial", std::int64_t{0})}),
               "spatial"));
  CHECK(contains(node_failure(9, "BatchNormalization", five, {}, {"y", "m", "v", "sm", "sv"}),
                 "training mode"));
  CHECK(contains(
      node_failure(15, "BatchNormalization", five, {attribute("training_mode", std::int64_t{1})}),
      "training mode"));

  CHECK(load_node(7, "Dropout", {"x"}, {attribute("ratio", 0.5F)}, {"y", "mask"}).nodes[0].op ==
        Op::Identity);
  const Graph dropout = load_node(13, "Dropout", {"x", "b", "false"}, {}, {"y", ""});
  CHECK(dropout.nodes[0].inputs.size() == 1);
  CHECK(dropout.nodes[0].outputs.size() == 1);
  CHECK(contains(node_failure(13, "Dropout", {"x", "b", "true"}), "training mode"));
  CHECK(contains(node_failure(13, "Dropout", {"x", "", "x"}), "training mode"));
  CHECK(contains(node_failure(6, "Dropout", {"x"}), "training mode"));
  OnnxWriter mask(7);
  write_node(mask, "Dropout", {"x"}, {}, {"y", "mask"}).output("mask");
  const Graph masked = load_bytes(mask);  // kept everywhere
  CHECK(masked.nodes[0].op == Op::Shape);
  CHECK(masked.nodes[1].op == Op::ConstantOfShape);
  CHECK(masked.values[masked.outputs[1]].name == "mask");

  const Graph pool = load_node(
      8, "MaxPool", {"x"},
      {attribute("kernel_shape", Integers{2, 2}), attribute("storage_order", std::int64_t{1})},
      {"y", "indices"});
  CHECK(pool.nodes[0].outputs.size() == 1);
  CHECK(pool.nodes[0].attributes == Attributes{{"kernel_shape", Integers{2, 2}}});
  CHECK(load_node(17, "LayerNormalization", {"x", "b"}, {attribute("stash_type", std::int64_t{1})},
                  {"y", "mean", "inverse"})
            .nodes[0]
            .outputs.size() == 1);
  CHECK(contains(node_failure(16, "LayerNormalization", {"x", "b"}), "opset 16"));
}

TEST_CASE("opset: sums and means of many inputs become chains of Add") {
  const Graph sum = load_node(8, "Sum", {"x", "b", "x", "b"});
  REQUIRE(sum.nodes.size() == 3);
  for (const Node& node : sum.nodes) {
    CHECK(node.op == Op::Add);
    CHECK(node.inputs.size() == 2);
  }
  CHECK(sum.nodes[0].name == "node/1");
  CHECK(sum.nodes[2].name == "node");
  CHECK(sum.nodes[1].inputs[0] == sum.nodes[0].outputs[0]);
  CHECK(sum.nodes[2].inputs[0] == sum.nodes[1].outputs[0]);
  CHECK(load_node(13, "Sum", {"x"}).nodes[0].op == Op::Identity);
  CHECK(load_node(13, "Sum", {"x", "b"}).nodes.size() == 1);
  CHECK(load_node(13, "Max", {"x", "b", "x"}).nodes.size() == 1);
  const Graph mean = load_node(13, "Mean", {"x", "b", "x"});
  REQUIRE(mean.nodes.size() == 3);
  CHECK(mean.nodes[2].op == Op::Div);
  CHECK(constant<float>(mean, 1) == std::vector<float>{3});
  CHECK(contains(node_failure(13, "Sum", {}), "0 inputs"));
}

TEST_CASE("opset: arithmetic before opset 7 broadcasts by attribute") {
  CHECK(load_node(6, "Add", {"x", "b"}, {attribute("broadcast", std::int64_t{1})})
            .nodes[0]
            .attributes.empty());
  CHECK(contains(node_failure(6, "Add", {"x", "b"}, {attribute("axis", std::int64_t{1})}),
                 "attribute 'axis' of opset 6"));
  CHECK(load_node(6, "Gemm", {"x", "b", "b"}, {attribute("broadcast", std::int64_t{1})})
            .nodes[0]
            .attributes.empty());
  CHECK(contains(node_failure(10, "Gemm", {"x", "b"}), "2 inputs, opset 10 has 3"));
  CHECK(node_failure(11, "Gemm", {"x", "b"}).empty());
}

TEST_CASE("opset: the value of ConstantOfShape becomes a number") {
  const auto value = [](const std::string& tensor) {
    return load_node(9, "ConstantOfShape", {"a"}, {tensor_attribute("value", tensor)})
        .nodes[0]
        .attributes;
  };
  CHECK(value(float_tensor("", {1}, {0.5F})) == Attributes{{"value", 0.5F}});
  CHECK(value(int64_tensor("", {7})) == Attributes{{"value", std::int64_t{7}}});
  CHECK(load_node(9, "ConstantOfShape", {"a"}).nodes[0].attributes.empty());
  CHECK(contains(node_failure(9, "ConstantOfShape", {"a"},
                              {tensor_attribute("value", int64_tensor("", {7, 8}))}),
                 "expected one element"));
  CHECK(value(raw_tensor("", {1}, 9, "\1")) ==
        Attributes{{"value", std::int64_t{1}}, {"dtype", std::int64_t{9}}});
  CHECK(contains(node_failure(9, "ConstantOfShape", {"a"},
                              {tensor_attribute("value", raw_tensor("", {1}, 11, "12345678"))}),
                 "type float64"));
}

TEST_CASE("opset: Octavo's own inputs and attributes are not ONNX's") {
  CHECK(contains(node_failure(13, "Conv", {"x", "b", "b", "b"}), "4 inputs"));
  CHECK(contains(node_failure(13, "Conv", {"x", "b"}, {attribute("activation", "clamp")}),
                 "attribute 'activation' is not supported"));
  CHECK(load_node(19, "Cast", {"x"},
                  {attribute("to", std::int64_t{1}), attribute("saturate", std::int64_t{1})})
            .nodes[0]
            .attributes == Attributes{{"to", std::int64_t{1}}});
}

TEST_CASE("opset: axes of reductions, K and squares") {
  const auto inputs = [](std::int64_t opset, const std::string& op) {
    return load_node(opset, op, {"x"}, {attribute("axes", std::vector<std::int64_t>{1})})
        .nodes[0]
        .inputs.size();
  };
  CHECK(inputs(11, "ReduceSum") == 2);
  CHECK(inputs(17, "ReduceMean") == 2);
  CHECK(load_node(9, "TopK", {"x"}, {attribute("k", std::int64_t{3})}).nodes[0].inputs.size() == 2);
  OnnxWriter square(13);
  square.input("x", {2}).initializer(float_tensor("two", {}, {2})).node("Pow", {"x", "two"}, {"y"});
  const Graph graph = load_bytes(square.output("y"));
  CHECK(graph.nodes[0].op == Op::Mul);
  CHECK(graph.nodes[0].inputs[0] == graph.nodes[0].inputs[1]);
  CHECK(load_node(13, "MeanVarianceNormalization", {"x"}).nodes.back().op == Op::Div);
  CHECK(contains(node_failure(13, "NonZero", {"x"}), "the shape of its result depends on data"));
  CHECK(contains(node_failure(13, "Gelu", {"x"}), "Gelu of opset 13 is not supported"));
}

}  // namespace
}  // namespace octavo
