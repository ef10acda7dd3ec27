#include <doctest/doctest.h>

#include "tests/runtime/onnx_writer.hpp"

namespace octavo {
namespace {

using test::contains;
using test::failure_of;
using test::load_bytes;

/// A file by hand: a header, and the data after it.
std::string container(const std::string& header, const std::string& data = "") {
  return test::raw_bytes<std::uint64_t>({header.size()}) + header + data;
}

/// A file whose graph is `graph`, in JSON, with a tensor "w" of two floats.
std::string model_file(std::string graph) {
  std::string escaped;
  for (const char c : graph) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return container(R"({"__metadata__":{"octavo.graph":")" + escaped +
                       R"("},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
                   "12345678");
}

std::string graph_of_node(const std::string& node) {
  return R"({"version":1,"name":"m","inputs":[{"name":"x","type":"float32","shape":[2]}],)"
         R"("outputs":["y"],"nodes":[)" +
         node + "]}";
}

const std::string kAdd =
    R"({"op":"Add","name":"n","inputs":["x","w"],"outputs":["y"],"attributes":{}})";

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto place = text.find(from);
  REQUIRE(place != std::string::npos);
  return text.replace(place, from.size(), to);
}

TEST_CASE("model file: written by hand") {
  const Graph graph = load_bytes(model_file(graph_of_node(kAdd)));
  REQUIRE(graph.nodes.size() == 1);
  CHECK(graph.nodes[0].op == Op::Add);
  CHECK(graph.values[graph.nodes[0].inputs[1]].constant->shape == Shape{2});
}

TEST_CASE("model file: an int8 layer written by hand") {
  const std::string graph =
      R"({\"version\":1,\"name\":\"m\",\"outputs\":[\"y\"],)"
      R"(\"inputs\":[{\"name\":\"x\",\"type\":\"float32\",\"shape\":[-1,3]}],)"
      R"(\"nodes\":[{\"op\":\"Linear\",\"name\":\"fc\",\"inputs\":[\"x\",\"w\",\"\",\"s\"],)"
      R"(\"outputs\":[\"y\"],\"attributes\":{\"activation_alpha\":{\"float\":0}}}]})";
  const Graph loaded =
      load_bytes(container(R"({"__metadata__":{"octavo.graph":")" + graph +
                               R"("},"s":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                               R"("w":{"dtype":"I8","shape":[2,3],"data_offsets":[8,14]}}  )",
                           test::raw_bytes<float>({0.5F, 0.25F}) +
                               test::raw_bytes<std::int8_t>({1, -2, 3, 127, -127, 0})));
  const Node& node = loaded.nodes.at(0);
  CHECK(node.op == Op::Linear);
  CHECK(node.attributes == Attributes{{"activation_alpha", 0.0F}});
  REQUIRE(node.inputs.size() == 4);
  CHECK(node.inputs[2] == kNoValue);
  CHECK(test::elements<std::int8_t>(*loaded.values[node.inputs[1]].constant) ==
        std::vector<std::int8_t>{1, -2, 3, 127, -127, 0});
  CHECK(test::elements<float>(*loaded.values[node.inputs[3]].constant) ==
        std::vector<float>{0.5F, 0.25F});
}

TEST_CASE("model file: hostile containers") {
  const auto refused = [](const std::string& bytes, std::string_view text) {
    const std::string failure = failure_of(bytes);
    CAPTURE(failure);
    CHECK(contains(failure, "test.onnx: "));
    CHECK(contains(failure, text));
  };
  const auto entry = [](std::string_view value, const std::string& data = "12345678") {
    return container(R"({"t":)" + std::string(value) + "}", data);
  };
  refused(container("{}"), "without the metadata 'octavo.graph'");
  refused(test::raw_bytes<std::uint64_t>({100}) + "{}", "a header of 100 bytes in a file of 10");
  refused(test::raw_bytes<std::uint64_t>({UINT32_MAX}) + "{}", "a header of 4294967295 bytes");
  refused(container("{" + std::string(17U << 20U, ' ') + "}"), "limit_exceeded");
  refused(container("{"), "header: not valid JSON at byte 2");
  refused(container("{\"a\xff\":1}"), "header: not valid JSON");
  refused(container(std::string(1000, '{')), "not valid JSON");
  refused(container(R"({"t":[[[[1]]]]})"), "nested more than 3 deep");
  refused(container(R"({"t":1,"t":2})"), "'t' occurs twice");
  refused(container(R"({"__metadata__":{"a":1}})"), "metadata 'a' is not a string");
  refused(entry("1"), "tensor 't': its entry is not an object");
  refused(entry(R"({"dtype":"F32","shape":[2]})"), "'data_offsets' is missing");
  refused(entry(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1})"), "'x' is not known");
  refused(entry(R"({"dtype":"BF16","shape":[4],"data_offsets":[0,8]})"), "dtype BF16");
  refused(entry(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})"), "takes 12 bytes, found 8");
  refused(entry(R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})"), "negative dimension");
  refused(entry(R"({"dtype":"F32","shape":[2.0],"data_offsets":[0,8]})"), "not an integer");
  refused(entry(R"({"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,8]})"),
          "not an integer");
  refused(entry(R"({"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]})"),
          "limit_exceeded");
  refused(entry(R"({"dtype":"F32","shape":[2],"data_offsets":[4,12]})"), "outside of the 8 bytes");
  refused(entry(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})"), "outside");
  refused(entry(R"({"dtype":"F32","shape":[2],"data_offsets":[-8,0]})"), "outside");
  refused(entry(R"({"dtype":"F32","shape":[2],"data_offsets":[0]})"), "not two numbers");
  refused(entry(R"({"dtype":"BOOL","shape":[8],"data_offsets":[0,8]})"), "neither 0 nor 1");
  refused(entry(R"({"dtype":"F32","shape":[1],"data_offsets":[4,8]})"), "hole at offset 0");
  refused(entry(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})"), "cover 4 of 8 bytes");
  refused(container(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                    R"("b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
                    "12345678"),
          "overlaps");
}

TEST_CASE("model file: hostile graphs") {
  const auto refused = [](const std::string& graph, std::string_view text) {
    const std::string failure = failure_of(model_file(graph));
    CAPTURE(failure);
    CHECK(contains(failure, "test.onnx: octavo.graph: "));
    CHECK(contains(failure, text));
  };
  const std::string good = graph_of_node(kAdd);
  const auto with_attribute = [](const std::string& value) {
    return graph_of_node(
        replaced(kAdd, R"("attributes":{})", R"("attributes":{"a":)" + value + "}"));
  };
  refused("[]", "it is not an object");
  refused("{}", "'version' is missing");
  refused(replaced(good, R"("version":1)", R"("version":2)"), "version 2 is not supported");
  refused(replaced(good, R"("name":"m",)", ""), "'name' is missing");
  refused(replaced(good, R"("name":"m",)", R"("name":"m","extra":1,)"), "'extra' is not known");
  refused(replaced(good, R"("name":"m",)", R"("name":"m","name":"m",)"), "'name' occurs twice");
  refused(replaced(good, "float32", "float99"), "type 'float99' is not supported");
  refused(replaced(good, "[2]", "[[[[[2]]]]]"), "nested more than 6 deep");
  refused(replaced(good, R"("name":"x")", R"("name":"w")"), "'w' is defined twice");
  refused(replaced(good, R"("name":"x")", R"("name":"")"), "no name");
  refused(replaced(good, R"(["y"],"nodes")", R"(["q"],"nodes")"), "tensor 'q' is not in the file");
  refused(replaced(good, R"("Add")", R"("Frobnicate")"), "node 'n': operator 'Frobnicate'");
  refused(replaced(good, R"("Add")", R"("View")"), "node 'n': operator 'View'");
  refused(replaced(good, R"(["x","w"])", R"(["x","y"])"), "node 'n': tensor 'y'");
  refused(replaced(good, R"(["y"],"attributes")", R"(["x"],"attributes")"), "'x' is defined twice");
  refused(replaced(good, R"(["y"],"attributes")", R"([""],"attributes")"), "no name");
  refused(graph_of_node("7"), "node number 0: its entry is not an object");
  refused(graph_of_node(kAdd + "," + kAdd), "'y' is defined twice");
  refused(with_attribute("1"), "attribute 'a': its value is not an object");
  refused(with_attribute("{}"), "0 members");
  refused(with_attribute(R"({"int":1.5})"), "an int is not an integer");
  refused(with_attribute(R"({"int":9223372036854775808})"), "an int is not an integer");
  refused(with_attribute(R"({"float":1e39})"), "within its range");
  refused(with_attribute(R"({"float":"Infinity"})"), "within its range");
  refused(with_attribute(R"({"float":1e999})"), "not valid JSON");
  refused(with_attribute(R"({"bool":true})"), "type 'bool' is not known");
  CHECK(contains(failure_of(model_file(with_attribute(R"({"int":1})"))), "attribute 'a'"));
  CHECK(contains(failure_of(model_file(replaced(good, "[2]", "[-2]"))), "impossible shape"));
}

}  // namespace
}  // namespace octavo
