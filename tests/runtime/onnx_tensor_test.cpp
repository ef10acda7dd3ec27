#include <doctest/doctest.h>

#include "tests/runtime/onnx_writer.hpp"

namespace octavo {
namespace {

using test::contains;
using test::elements;
using test::failure_of;
using test::float_tensor;
using test::load_bytes;
using test::onnx_tensor;
using test::OnnxWriter;
using test::raw_bytes;
using test::raw_tensor;

/// The constant that a model with one initializer loads.
Tensor load_tensor(const std::string& tensor) {
  OnnxWriter writer(13);
  writer.initializer(tensor).output("t");
  const Graph graph = load_bytes(writer);
  return *graph.values.at(graph.outputs.at(0)).constant;
}

std::string tensor_failure(const std::string& tensor) {
  OnnxWriter writer(13);
  writer.initializer(tensor).output("t");
  return failure_of(writer);
}

TEST_CASE("onnx tensor: constants stay in the file where they are aligned") {
  for (std::size_t padding = 0; padding < 4; ++padding) {
    OnnxWriter writer(13);
    writer.graph_writer.add_string(2, std::string(padding, 'p'));
    writer.initializer(float_tensor("t", {2}, {1.5F, -2})).output("t");
    const std::string bytes = writer.model();
    const auto memory = std::make_shared<std::vector<std::byte>>(bytes.size());
    std::memcpy(memory->data(), bytes.data(), bytes.size());
    const Graph graph = formats::load(*memory, memory, "test.onnx");
    const Tensor& tensor = *graph.values.at(graph.outputs.at(0)).constant;
    const auto place = bytes.find(raw_bytes<float>({1.5F, -2}));
    const bool aligned = place % alignof(float) == 0;
    CHECK((tensor.data() == memory->data() + place) == aligned);
    CHECK(elements<float>(tensor) == std::vector<float>{1.5F, -2});
  }
}

TEST_CASE("onnx tensor: element types, in raw_data and in their own fields") {
  const auto typed = [](int type, std::uint32_t field, const std::vector<std::int64_t>& values) {
    return onnx_tensor("t", {static_cast<std::int64_t>(values.size())}, type,
                       [&](auto& w) { w.add_packed_int64(field, values.begin(), values.end()); });
  };
  CHECK(elements<std::int8_t>(load_tensor(typed(3, 5, {-128, 127}))) ==
        std::vector<std::int8_t>{-128, 127});
  CHECK(elements<std::uint8_t>(load_tensor(typed(2, 5, {0, 255}))) ==
        std::vector<std::uint8_t>{0, 255});
  CHECK(elements<std::int16_t>(load_tensor(typed(5, 5, {-32768, 1}))) ==
        std::vector<std::int16_t>{-32768, 1});
  CHECK(elements<std::uint16_t>(load_tensor(typed(4, 5, {65535}))) ==
        std::vector<std::uint16_t>{65535});
  CHECK(elements<std::int32_t>(load_tensor(typed(6, 5, {-1, INT32_MAX}))) ==
        std::vector<std::int32_t>{-1, INT32_MAX});
  CHECK(elements<std::int64_t>(load_tensor(typed(7, 7, {INT64_MIN, 3}))) ==
        std::vector<std::int64_t>{INT64_MIN, 3});
  CHECK(elements<std::uint32_t>(load_tensor(typed(12, 11, {UINT32_MAX}))) ==
        std::vector<std::uint32_t>{UINT32_MAX});
  CHECK(elements<std::uint64_t>(load_tensor(typed(13, 11, {-1}))) ==
        std::vector<std::uint64_t>{UINT64_MAX});
  CHECK(elements<bool>(load_tensor(typed(9, 5, {1, 0}))) == std::vector<bool>{true, false});
  CHECK(load_tensor(typed(10, 5, {0x3c00})).type == DataType::float16);
  CHECK(elements<bool>(load_tensor(raw_tensor("t", {1}, 9, "\1"))) == std::vector<bool>{true});
  CHECK(elements<double>(load_tensor(raw_tensor("t", {}, 11, raw_bytes<double>({0.1})))) ==
        std::vector<double>{0.1});
  const Tensor empty = load_tensor(raw_tensor("t", {0, 3}, 1, ""));
  CHECK(empty.as<float>().empty());
  CHECK(load_tensor(onnx_tensor("t", {0}, 7, [](auto&) {})).shape == Shape{0});
}

TEST_CASE("onnx tensor: floats packed, one by one, and in several pieces") {
  const std::vector<float> values = {1, 2, 3};
  const auto packed = [&](auto& w) { w.add_packed_float(4, values.begin(), values.end()); };
  const auto singly = [&](auto& w) {
    for (const float value : values) w.add_float(4, value);
  };
  const auto pieces = [&](auto& w) {
    w.add_packed_float(4, values.begin(), values.begin() + 2);
    w.add_packed_float(4, values.begin() + 2, values.end());
  };
  CHECK(elements<float>(load_tensor(onnx_tensor("t", {3}, 1, packed))) == values);
  CHECK(elements<float>(load_tensor(onnx_tensor("t", {3}, 1, singly))) == values);
  CHECK(elements<float>(load_tensor(onnx_tensor("t", {3}, 1, pieces))) == values);
  const auto doubles = [](auto& w) {
    w.add_double(10, 0.5);
    w.add_double(10, 0.25);
  };
  CHECK(elements<double>(load_tensor(onnx_tensor("t", {2}, 11, doubles))) ==
        std::vector<double>{0.5, 0.25});
}

TEST_CASE("onnx tensor: broken and unsupported tensors") {
  const auto refused = [](const std::string& tensor, std::string_view code, std::string_view text) {
    const std::string failure = tensor_failure(tensor);
    CAPTURE(failure);
    CHECK(failure.starts_with(std::string(code) + ": test.onnx: tensor 't': "));
    CHECK(contains(failure, text));
  };
  const auto with = [](int type, auto finish) { return onnx_tensor("t", {1}, type, finish); };
  refused(raw_tensor("t", {3}, 1, "12345678"), "malformed_file", "takes 12 bytes, found 8");
  refused(onnx_tensor("t", {1}, 1, [](auto&) {}), "malformed_file", "takes 4 bytes, found 0");
  refused(raw_tensor("t", {-1}, 1, ""), "malformed_file", "negative dimension -1");
  refused(raw_tensor("t", {INT64_MAX, INT64_MAX}, 1, "1234"), "limit_exceeded", "elements");
  refused(raw_tensor("t", {std::int64_t{1} << 32, std::int64_t{1} << 32}, 1, ""), "limit_exceeded",
          "elements");
  refused(raw_tensor("t", {1}, 8, "text"), "unsupported", "element type string");
  refused(raw_tensor("t", {1}, 16, "12"), "unsupported", "element type bfloat16");
  refused(raw_tensor("t", {1}, 99, "12"), "unsupported", "element type number 99");
  refused(raw_tensor("t", {1}, -1, "12"), "unsupported", "element type number -1");
  refused(raw_tensor("t", {1}, 0, "12"), "malformed_file", "undefined");
  refused(raw_tensor("t", {1}, 9, "\2"), "malformed_file", "neither 0 nor 1");
  refused(with(3, [](auto& w) { w.add_int32(5, 128); }), "malformed_file", "element 0 is 128");
  refused(with(9, [](auto& w) { w.add_int32(5, 2); }), "malformed_file", "boolean");
  refused(with(7, [](auto& w) { w.add_float(4, 1); }), "malformed_file", "float_data");
  refused(with(1,
               [](auto& w) {
                 w.add_bytes(9, "1234");
                 w.add_float(4, 1);
               }),
          "malformed_file", "raw_data and in float_data");
  refused(with(1,
               [](auto& w) {
                 w.add_float(4, 1);
                 w.add_int64(7, 1);
               }),
          "malformed_file", "float_data and in int64_data");
  refused(with(1, [](auto& w) { w.add_int32(14, 1); }), "unsupported", "external");
  refused(with(1, [](auto& w) { w.add_bytes(3, ""); }), "unsupported", "segments");
  refused(with(1, [](auto& w) { w.add_bytes(4, "12345"); }), "malformed_file", "part of a number");
  CHECK(contains(tensor_failure(raw_tensor("t", std::vector<std::int64_t>(9, 1), 1, "1234")),
                 "limit_exceeded: test.onnx: tensor 't' has 9 dimensions"));
}

}  // namespace
}  // namespace octavo
