#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/octavo.hpp"

#include "kernels/dispatch.hpp"
#include "runtime/passes/passes.hpp"
#include "runtime/plan/plan.hpp"
#include "runtime/plan/weight_cache.hpp"
#include "tests/runtime/onnx_writer.hpp"
#include "tests/support/random.hpp"

/// Models as quantizers write them: what the session makes of them against the same graph node by
/// node.
using namespace octavo;
using namespace octavo::test;

namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

constexpr int kFloat32 = 1, kUint8 = 2, kInt8 = 3, kInt32 = 6;

std::string bytes_tensor(const std::string& name, const Ints& dims, int type, std::uint64_t seed,
                         int low, int high) {
  Random random(seed);
  std::string bytes(element_count(dims), '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.between(low, high));
  return raw_tensor(name, dims, type, bytes);
}

std::string byte_tensor(const std::string& name, const Ints& dims, int type,
                        const std::vector<int>& elements) {
  std::string bytes;
  for (const int element : elements) bytes.push_back(static_cast<char>(element));
  return raw_tensor(name, dims, type, bytes);
}

Floats random_floats(std::size_t count, std::uint64_t seed, float low, float high) {
  Random random(seed);
  Floats result(count);
  for (float& x : result) x = random.uniform(low, high);
  return result;
}

/// The bytes of the first output of every node of the file as it is written.
std::vector<std::byte> run_plainly(const OnnxWriter& model, const Floats& x) {
  PlanContext context;
  context.kernels = &kernels::select_kernels("");
  context.weights = std::make_shared<WeightCache>();
  const RangeSettings settings;
  const SessionOptions options;
  context.ranges.emplace(settings, options);
  Graph graph = load_bytes(model);
  passes::infer(graph, {}, *context.kernels);
  passes::remove_dead(graph, passes::ShapeConstants::fold);
  const std::vector<bool> moved = passes::move_to_channels_last(graph);
  const Tuning tuning;
  Plan plan({graph, moved, Precision::float32, tuning, {}}, context);
  std::memcpy(plan.input(0), x.data(), x.size() * sizeof(float));
  Workers workers(nullptr, 1);
  plan.run(workers, {});
  const Value& output = graph.values[graph.outputs[0]];
  const std::byte* data = plan.output(0);
  return {data, data + element_count(output.shape) * size_of(output.type)};
}

struct Outcome {
  std::vector<std::byte> bytes;
  std::vector<LayerInfo> layers;

  [[nodiscard]] Floats floats() const {
    Floats result(bytes.size() / sizeof(float));
    std::memcpy(result.data(), bytes.data(), bytes.size());
    return result;
  }
  [[nodiscard]] std::ptrdiff_t count(std::string_view op, Precision precision) const {
    return std::ranges::count_if(layers, [&](const LayerInfo& layer) {
      return layer.op == op && layer.precision == precision;
    });
  }
};

Outcome run_session(const OnnxWriter& model, const Floats& x, SessionOptions options) {
  Session session(Model(std::make_shared<Graph>(load_bytes(model))), std::move(options));
  std::memcpy(session.input(0).raw(), x.data(), x.size() * sizeof(float));
  session.run();
  const TensorView output = session.output(0);
  const auto* data = static_cast<const std::byte*>(output.raw());
  return {{data, data + output.bytes()}, session.layers()};
}

/// The same results in every precision, instruction set and number of threads as node by node.
Outcome check_same(const OnnxWriter& model, const Floats& x) {
  const std::vector<std::byte> expected = run_plainly(model, x);
  for (const Precision precision : {Precision::int8, Precision::automatic, Precision::float32}) {
    CHECK(run_session(model, x, {.precision = precision}).bytes == expected);
  }
  CHECK(run_session(model, x, {.isa = "reference"}).bytes == expected);
  const auto shared = run_session(
      model, x, {.precision = Precision::int8, .range_scope = RangeScope::row, .threads = 2});
  CHECK(shared.bytes == expected);
  return run_session(model, x, {.precision = Precision::float32});
}

/// y = x * w + bias as ONNX Runtime's quantize_dynamic writes it.
struct DynamicProduct {
  std::string name;
  std::string op = "MatMulInteger";
  std::vector<std::string> attributes = {};
  bool scales_first = true;

  /// Takes the levels "q", "s" and "z" of x; w, w zero point and w scale are `name` + "w", "wz" and
  /// "ws".
  void write(OnnxWriter& model, const std::string& out) const {
    const auto n = [&](const char* suffix) { return name + suffix; };
    model.node(op, {"q", n("w"), "z", n("wz")}, {n("sums")}, attributes, n("sums"));
    model.node("Cast", {n("sums")}, {n("cast")}, {attribute("to", std::int64_t{kFloat32})});
    if (scales_first) {
      model.node("Mul", {"s", n("ws")}, {n("scales")}, {}, n("scales"));
      model.node("Mul", {n("cast"), n("scales")}, {out}, {}, n("mul"));
    } else {
      model.node("Mul", {n("cast"), "s"}, {n("half")}, {}, n("half"));
      model.node("Mul", {n("half"), n("ws")}, {out}, {}, n("mul"));
    }
  }
};

void quantize_x(OnnxWriter& model) {
  model.node("DynamicQuantizeLinear", {"x"}, {"q", "s", "z"}, {}, "quantize");
}

/// Weights of a product; `zero` empty: zeros of int8.
void add_weights(OnnxWriter& model, const std::string& name, const Ints& dims, int type, int low,
                 int high, const std::vector<int>& zeros, const Floats& scales,
                 const Ints& scale_dims) {
  model.initializer(bytes_tensor(name + "w", dims, type, 7, low, high));
  const auto count = static_cast<std::int64_t>(zeros.size());
  model.initializer(byte_tensor(name + "wz", count == 1 ? Ints{} : Ints{count}, type, zeros));
  model.initializer(float_tensor(name + "ws", scale_dims, scales));
}

}  // namespace

TEST_CASE("quantized models: dynamic matrix products are Linear layers, bit for bit") {
  constexpr std::int64_t kRows = 9, kDepth = 70, kColumns = 37;
  for (const bool per_column : {false, true}) {
    for (const int type : {kInt8, kUint8}) {
      CAPTURE(per_column);
      CAPTURE(type);
      const std::size_t scales = per_column ? kColumns : 1;
      OnnxWriter model(17);
      model.input("x", {2, kRows, kDepth});
      quantize_x(model);
      const bool is_signed = type == kInt8;
      // The largest uint8 that fits with the smallest zero point, and the other way round.
      std::vector<int> zeros(scales, is_signed ? 0 : 120);
      add_weights(model, "a", {kDepth, kColumns}, type, is_signed ? -128 : 0, is_signed ? 127 : 247,
                  zeros, random_floats(scales, 3, 0.001F, 0.01F),
                  per_column ? Ints{kColumns} : Ints{});
      add_weights(model, "b", {kDepth, kColumns}, type, is_signed ? -100 : 20,
                  is_signed ? 100 : 140, {is_signed ? -3 : 90}, {0.02F}, {1});
      DynamicProduct{"a"}.write(model, "ya");
      DynamicProduct{"b"}.write(model, "yb");
      model.initializer(float_tensor("bias", {kColumns}, random_floats(kColumns, 5, -2, 2)));
      model.node("Add", {"ya", "bias"}, {"biased"}, {}, "bias");
      model.node("Relu", {"biased"}, {"active"}, {}, "relu");
      model.node("Add", {"active", "yb"}, {"y"}, {}, "sum").output("y");
      const Outcome outcome = check_same(model, random_floats(2 * kRows * kDepth, 1, -3, 5));
      CHECK(outcome.count("Linear", Precision::int8) == 2);
      // The bias and the function are part of the first product, the sum of the second.
      CHECK(outcome.layers.size() == 3);
      check_same(model, Floats(2 * kRows * kDepth, 0.0F));
    }
  }
}

TEST_CASE("quantized models: dynamic convolutions are Conv layers, bit for bit") {
  struct Case {
    Ints x, w;
    std::vector<std::string> attributes;
    const char* kernel;
  };
  const std::vector<Case> cases = {
      {{2, 16, 20, 20}, {24, 16, 3, 3}, {attribute("pads", Ints{1, 1, 1, 1})}, "int8 winograd 4x4"},
      {{1, 3, 17, 11}, {8, 3, 5, 5}, {attribute("strides", Ints{2, 2})}, ""},
      {{1, 8, 9, 9}, {12, 4, 3, 3}, {attribute("group", std::int64_t{2})}, ""},
      {{1, 24, 5, 7}, {40, 24, 1, 1}, {}, ""},
      {{1, 6, 40}, {5, 6, 3}, {attribute("pads", Ints{1, 1})}, ""},
  };
  for (const Case& layer : cases) {
    CAPTURE(to_string(layer.w));
    OnnxWriter model(17);
    model.input("x", layer.x);
    quantize_x(model);
    add_weights(model, "a", layer.w, kInt8, -128, 127, {0}, {0.01F}, {});
    DynamicProduct{"a", "ConvInteger", layer.attributes}.write(model, "ya");
    Ints bias_shape(layer.x.size(), 1);
    bias_shape[1] = layer.w[0];
    model.initializer(float_tensor("bias", bias_shape, random_floats(layer.w[0], 5, -2, 2)));
    model.node("Add", {"ya", "bias"}, {"y"}, {}, "bias").output("y");
    const Outcome outcome = check_same(model, random_floats(element_count(layer.x), 1, -3, 5));
    REQUIRE(outcome.count("Conv", Precision::int8) == 1);
    // Channels last from the input to the output: one transpose each, where there are several.
    CHECK(outcome.count("Transpose", Precision::float32) == 2);
    const auto conv = std::ranges::find(outcome.layers, "Conv", &LayerInfo::op);
    if (*layer.kernel != '\0') CHECK(conv->kernel == layer.kernel);
  }
}

TEST_CASE("quantized models: depthwise sums of integers are exact in float") {
  for (const int type : {kInt8, kUint8}) {
    OnnxWriter model(17);
    model.input("x", {1, 20, 9, 8});
    quantize_x(model);
    const bool is_signed = type == kInt8;
    add_weights(model, "a", {20, 1, 3, 3}, type, is_signed ? -128 : 0, is_signed ? 127 : 255,
                {is_signed ? 5 : 100}, {0.01F}, {});
    DynamicProduct{"a", "ConvInteger", {attribute("group", std::int64_t{20})}}.write(model, "y");
    model.output("y");
    const Outcome outcome = check_same(model, random_floats(20 * 9 * 8, 1, -3, 5));
    CHECK(outcome.count("Conv", Precision::float32) == 1);
    CHECK(outcome.count("ConvInteger", Precision::float32) == 0);
  }
}

TEST_CASE("quantized models: what no int8 weights express stays as it is") {
  constexpr std::int64_t kDepth = 12, kColumns = 5;
  const auto run = [&](int type, int low, int high, const std::vector<int>& zeros,
                       bool scales_first) {
    OnnxWriter model(17);
    model.input("x", {3, kDepth});
    quantize_x(model);
    add_weights(model, "a", {kDepth, kColumns}, type, low, high, zeros, {0.5F}, {});
    DynamicProduct{"a", "MatMulInteger", {}, scales_first}.write(model, "y");
    model.output("y");
    return check_same(model, random_floats(3 * kDepth, 1, -3, 5));
  };
  CHECK(run(kUint8, 100, 200, {100}, true).count("Linear", Precision::int8) == 1);
  CHECK(run(kUint8, 0, 255, {100}, true).count("MatMulInteger", Precision::float32) == 1);
  CHECK(run(kInt8, 100, 127, {0, 0, -28, 0, 0}, true).count("Linear", Precision::int8) == 0);
  CHECK(run(kInt8, 50, 99, {0, 0, -28, 0, 0}, true).count("Linear", Precision::int8) == 1);
  // Here each factor rounds on its own: one is folded, the other stays.
  const Outcome late = run(kInt8, -100, 100, {0}, false);
  CHECK(late.count("Linear", Precision::int8) == 1);
  CHECK(late.count("Mul", Precision::float32) == 1);
}

TEST_CASE("quantized models: scales of any value give what the nodes give") {
  for (const float scale : {-0.5F, 1e-42F, 1e36F}) {
    CAPTURE(scale);
    OnnxWriter model(17);
    model.input("x", {3, 12});
    quantize_x(model);
    add_weights(model, "a", {12, 5}, kInt8, -128, 127, {0}, {scale}, {});
    DynamicProduct{"a"}.write(model, "y");
    model.output("y");
    CHECK(check_same(model, random_floats(36, 1, -3, 5)).count("Linear", Precision::int8) == 1);
  }
}

namespace {

/// A chain of QuantizeLinear, DequantizeLinear and products between them.
struct QdqChain {
  OnnxWriter model{17};
  int activation_type;

  explicit QdqChain(int type) : activation_type(type) {}

  /// Quantizes and dequantizes `from` to `to`; the levels are `to` + "q".
  void pair(const std::string& from, const std::string& to, float scale, int zero) {
    model.initializer(float_tensor(to + "s", {}, {scale}));
    model.initializer(byte_tensor(to + "z", {}, activation_type, {zero}));
    model.node("QuantizeLinear", {from, to + "s", to + "z"}, {to + "q"}, {}, to + "q");
    model.node("DequantizeLinear", {to + "q", to + "s", to + "z"}, {to}, {}, to);
  }

  void weights(const std::string& name, const Ints& dims, std::int64_t axis, bool with_zeros) {
    const std::int64_t columns = dims[static_cast<std::size_t>(axis)];
    const auto count = static_cast<std::size_t>(columns);
    model.initializer(bytes_tensor(name + "l", dims, kInt8, 11, -127, 127));
    model.initializer(float_tensor(name + "s", {columns}, random_floats(count, 12, 0.001F, 0.02F)));
    std::vector<std::string> inputs{name + "l", name + "s"};
    if (with_zeros) {
      model.initializer(byte_tensor(name + "z", {columns}, kInt8, std::vector<int>(count, 0)));
      inputs.push_back(name + "z");
    }
    model.node("DequantizeLinear", inputs, {name}, {attribute("axis", axis)}, name);
  }
};

/// The largest difference relative to the largest magnitude.
double relative_difference(const Floats& a, const Floats& b) {
  REQUIRE(a.size() == b.size());
  double largest = 0.0;
  double difference = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(double{b[i]}));
    difference = std::max(difference, std::abs(double{a[i]} - double{b[i]}));
  }
  return difference / largest;
}

}  // namespace

TEST_CASE("quantized models: dequantized products multiply the levels") {
  constexpr std::int64_t kRows = 6, kDepth = 50, kColumns = 21;
  for (const int type : {kUint8, kInt8}) {
    for (const std::string form : {"MatMul", "Gemm", "Gemm transposed", "Transpose"}) {
      CAPTURE(type);
      CAPTURE(form);
      QdqChain chain(type);
      OnnxWriter& model = chain.model;
      const int zero = type == kUint8 ? 90 : -20;
      model.input("x", {kRows, kDepth});
      chain.pair("x", "a", 0.03F, zero);
      const bool transposed = form == "Gemm transposed" || form == "Transpose";
      const Ints dims = transposed ? Ints{kColumns, kDepth} : Ints{kDepth, kColumns};
      chain.weights("w", dims, transposed ? 0 : 1, form != "MatMul");
      model.initializer(float_tensor("bias", {kColumns}, random_floats(kColumns, 5, -2, 2)));
      if (form == "Transpose") {
        model.node("Transpose", {"w"}, {"wt"}, {attribute("perm", Ints{1, 0})}, "transpose");
        model.node("MatMul", {"a", "wt"}, {"m"}, {}, "product");
        model.node("Add", {"m", "bias"}, {"y"}, {}, "add");
      } else if (form == "MatMul") {
        model.node("MatMul", {"a", "w"}, {"m"}, {}, "product");
        model.node("Add", {"bias", "m"}, {"y"}, {}, "add");
      } else {
        model.node("Gemm", {"a", "w", "bias"}, {"y"},
                   {attribute("transB", std::int64_t{transposed})}, "product");
      }
      model.output("y");
      const Floats x = random_floats(kRows * kDepth, 1, -5, 5);
      const Outcome outcome = run_session(model, x, {.precision = Precision::float32});
      CHECK(outcome.count("Linear", Precision::int8) == 1);
      CHECK(outcome.layers.size() == 2);

      // The integers, and the roundings after them, one by one.
      const Graph graph = load_bytes(model);
      const auto constant = [&](const std::string& name) -> const Tensor& {
        return *std::ranges::find(graph.values, name, &Value::name)->constant;
      };
      const auto levels = constant("wl").as<std::int8_t>();
      const auto scales = constant("ws").as<float>();
      const auto bias = constant("bias").as<float>();
      Floats expected;
      for (std::int64_t m = 0; m < kRows; ++m) {
        for (std::int64_t n = 0; n < kColumns; ++n) {
          std::int64_t sum = 0;
          for (std::int64_t k = 0; k < kDepth; ++k) {
            const int low = type == kUint8 ? 0 : -128;
            const float level = std::nearbyint(x[m * kDepth + k] / 0.03F) + float(zero);
            const float clamped = std::clamp(level, float(low), float(low + 255));
            const std::int64_t w = levels[transposed ? n * kDepth + k : k * kColumns + n];
            sum += (static_cast<std::int64_t>(clamped) - zero) * w;
          }
          const float scale = 0.03F * scales[n];
          expected.push_back(float(sum) * scale + bias[n]);
        }
      }
      CHECK(outcome.floats() == expected);
      const std::vector<std::byte> plain = run_plainly(model, x);
      CHECK(relative_difference(expected, Outcome{plain, {}}.floats()) < 53 * 0x1p-24);
    }
  }
}

TEST_CASE("quantized models: dequantized convolutions, one after the other") {
  for (const int type : {kUint8, kInt8}) {
    QdqChain chain(type);
    OnnxWriter& model = chain.model;
    const int zero = type == kUint8 ? 128 : 0;
    model.input("x", {1, 16, 18, 16});
    chain.pair("x", "a", 0.03F, zero);
    chain.weights("v", {16, 16, 3, 3}, 0, true);
    chain.weights("w", {24, 16, 1, 1}, 0, true);
    chain.weights("d", {24, 1, 3, 3}, 0, true);
    model.initializer(float_tensor("bias", {16}, random_floats(16, 5, -2, 2)));
    model.node("Conv", {"a", "v", "bias"}, {"c1"}, {attribute("pads", Ints{1, 1, 1, 1})}, "c1");
    model.node("Relu", {"c1"}, {"r1"}, {}, "r1");
    chain.pair("r1", "b", 0.7F, zero);
    model.node("Add", {"a", "b"}, {"sum"}, {}, "sum");
    chain.pair("sum", "e", 0.7F, zero);
    model.node("Conv", {"e", "w"}, {"c2"}, {}, "c2");
    chain.pair("c2", "f", 1.1F, zero);
    model.node("Conv", {"f", "d"}, {"y"}, {attribute("group", std::int64_t{24})}, "c3");
    model.output("y");
    const Floats x = random_floats(16 * 18 * 16, 1, -5, 5);
    const Outcome outcome = run_session(model, x, {.precision = Precision::float32});
    CHECK(outcome.count("Conv", Precision::int8) == 2);
    CHECK(outcome.count("Conv", Precision::float32) == 1);  // depthwise
    // Of the levels, of what else reads them, and of the output.
    CHECK(outcome.count("Transpose", Precision::float32) == 3);
    for (const Precision precision : {Precision::int8, Precision::automatic}) {
      CHECK(run_session(model, x, {.precision = precision}).bytes == outcome.bytes);
    }
    // A float sum near the middle between two levels may round to the other one.
    const std::vector<std::byte> plain = run_plainly(model, x);
    CHECK(relative_difference(outcome.floats(), Outcome{plain, {}}.floats()) < 0.01);
  }
}

TEST_CASE("quantized models: QLinearConv and QLinearMatMul multiply with int8 kernels") {
  struct Case {
    const char* op;
    Ints x, w;
    bool bias;
    std::int64_t group;
    std::string_view made;
    Precision precision;
  };
  const std::vector<Case> cases = {
      {"QLinearConv", {1, 16, 20, 20}, {24, 16, 3, 3}, true, 1, "Conv", Precision::int8},
      {"QLinearConv", {1, 5, 9, 9}, {7, 5, 3, 3}, false, 1, "Conv", Precision::int8},
      {"QLinearConv", {1, 24, 9, 9}, {24, 1, 3, 3}, true, 24, "Conv", Precision::float32},
      {"QLinearConv", {1, 600, 2, 2}, {8, 600, 2, 2}, true, 1, "QLinearConv", Precision::float32},
      {"QLinearMatMul", {3, 33}, {33, 20}, false, 1, "Linear", Precision::int8},
  };
  for (const Case& layer : cases) {
    for (const int type : {kUint8, kInt8}) {
      CAPTURE(to_string(layer.w));
      CAPTURE(type);
      const bool conv = layer.op == std::string("QLinearConv");
      const std::int64_t columns = layer.w[conv ? 0 : 1];
      const auto count = static_cast<std::size_t>(columns);
      OnnxWriter model(17);
      model.input("x", layer.x);
      model.initializer(float_tensor("xs", {}, {0.03F}));
      model.initializer(byte_tensor("xz", {}, type, {type == kUint8 ? 90 : -20}));
      model.initializer(bytes_tensor("w", layer.w, kInt8, 11, -128, 127));
      model.initializer(float_tensor("ws", {columns}, random_floats(count, 12, 0.001F, 0.02F)));
      model.initializer(byte_tensor("wz", {columns}, kInt8, std::vector<int>(count, 0)));
      model.initializer(float_tensor("ys", {}, {0.8F}));
      model.initializer(byte_tensor("yz", {}, type, {3}));
      model.node("QuantizeLinear", {"x", "xs", "xz"}, {"q"}, {}, "quantize");
      std::vector<std::string> inputs{"q", "xs", "xz", "w", "ws", "wz", "ys", "yz"};
      if (layer.bias) {
        std::vector<std::int32_t> bias(count);
        for (std::size_t i = 0; i < count; ++i) bias[i] = static_cast<std::int32_t>(i * 977) - 5000;
        model.initializer(raw_tensor("b", {columns}, kInt32, raw_bytes(bias)));
        inputs.emplace_back("b");
      }
      std::vector<std::string> attributes;
      if (conv) {
        attributes = {attribute("group", layer.group), attribute("pads", Ints{1, 1, 1, 1})};
      }
      model.node(layer.op, inputs, {"y"}, attributes, "product").output("y");
      const Outcome outcome = check_same(model, random_floats(element_count(layer.x), 1, -5, 5));
      CHECK(outcome.count(layer.made, layer.precision) == 1);
    }
  }
}

TEST_CASE("quantized models: hostile operands of the patterns") {
  const auto failure = [](const std::string& zero, const std::string& scale, int axis) {
    OnnxWriter model(17);
    model.input("x", {3, 12});
    quantize_x(model);
    model.initializer(bytes_tensor("w", {12, 5}, kInt8, 7, -128, 127)).initializer(zero);
    model.initializer(scale);
    model.node("DequantizeLinear", {"w", "s2", "z2"}, {"d"},
               {attribute("axis", std::int64_t{axis})}, "weights");
    model.node("DequantizeLinear", {"q", "s", "z"}, {"a"}, {}, "a");
    model.node("MatMul", {"a", "d"}, {"y"}, {}, "product").output("y");
    try {
      run_session(model, random_floats(36, 1, -3, 5), {});
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const auto ones = [](std::int64_t n) { return float_tensor("s2", {n}, Floats(n, 1.0F)); };
  const auto zeros = [](std::int64_t n, int type = kInt8) {
    return byte_tensor("z2", {n}, type, std::vector<int>(static_cast<std::size_t>(n), 1));
  };
  CHECK(failure(zeros(5), ones(5), 1).empty());
  CHECK(failure(zeros(12), ones(12), 0).empty());  // by depth: stays float
  CHECK(contains(failure(zeros(4), ones(5), 1), "the zero point has shape [4]"));
  CHECK(contains(failure(zeros(4), ones(4), 1), "the scale has shape [4]"));
  CHECK(contains(failure(zeros(5, kUint8), ones(5), 1), "uint8"));
  CHECK(contains(failure(zeros(5), ones(5), 3), "axis"));

  // Not a number, in a graph of its own: Linear on levels as a file could hold it.
  Graph graph;
  const auto value = [&](const char* name, DataType type, Shape shape) {
    return graph.add({name, type, std::move(shape), nullptr});
  };
  const ValueId x = value("x", DataType::uint8, {2, 3});
  const std::vector<std::int8_t> weight{1, 2, 3};
  const Floats one{1.0F};
  const ValueId w =
      graph.add_constant("w", Tensor::of<std::int8_t>({1, 3}, std::span(std::as_const(weight))));
  const ValueId s = graph.add_constant("s", Tensor::of<float>({1}, std::span(std::as_const(one))));
  const ValueId y = value("y", DataType::float32, {});
  graph.inputs = {x};
  graph.outputs = {y};
  Node node;
  node.op = Op::Linear;
  node.name = "levels";
  node.outputs = {y};
  const auto refusal = [&](std::vector<ValueId> inputs) {
    node.inputs = std::move(inputs);
    graph.nodes = {node};
    try {
      Session session(Model(std::make_shared<Graph>(graph)), {});
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const ValueId none = kNoValue;
  CHECK(refusal({x, w, none, s, none, s}).empty());
  CHECK(contains(refusal({x, w, none, s}), "needs a scale"));
  CHECK(contains(refusal({x, w, none, s, none, s, s}), "uint8"));
  CHECK(!refusal({x, s, none, none, none, s}).empty());
}

TEST_CASE("quantized models: ONNX Runtime's products of levels are those of ONNX in one node") {
  constexpr std::int64_t kRows = 5, kDepth = 40, kColumns = 21;
  const Floats x = random_floats(kRows * kDepth, 1, -3, 5);
  const auto start = [&](OnnxWriter& model, bool scales_per_column) {
    model.input("x", {kRows, kDepth});
    const std::size_t scales = scales_per_column ? kColumns : 1;
    add_weights(model, "a", {kDepth, kColumns}, kInt8, -90, 90, {3},
                random_floats(scales, 3, 0.001F, 0.01F),
                scales_per_column ? Ints{kColumns} : Ints{});
    model.initializer(float_tensor("bias", {kColumns}, random_floats(kColumns, 5, -2, 2)));
  };
  for (const bool with_bias : {false, true}) {
    for (const bool per_column : {false, true}) {
      CAPTURE(with_bias);
      CAPTURE(per_column);
      OnnxWriter standard(17);
      start(standard, per_column);
      quantize_x(standard);
      DynamicProduct{"a"}.write(standard, with_bias ? "product" : "y");
      if (with_bias) standard.node("Add", {"product", "bias"}, {"y"}, {}, "add");
      standard.output("y");
      const Outcome expected = check_same(standard, x);

      OnnxWriter dynamic(17);
      start(dynamic, per_column);
      std::vector<std::string> inputs{"x", "aw", "aws", "awz"};
      if (with_bias) inputs.emplace_back("bias");
      dynamic.node("DynamicQuantizeMatMul", inputs, {"y"}, {}, "product", "com.microsoft");
      dynamic.output("y");

      OnnxWriter levels(17);
      start(levels, per_column);
      quantize_x(levels);
      inputs = {"q", "aw", "s", "aws", "z", "awz"};
      if (with_bias) inputs.emplace_back("bias");
      levels.node("MatMulIntegerToFloat", inputs, {"y"}, {}, "product", "com.microsoft");
      levels.output("y");
      for (const OnnxWriter* model : {&dynamic, &levels}) {
        const Outcome outcome = check_same(*model, x);
        CHECK(outcome.bytes == expected.bytes);
        CHECK(outcome.count("Linear", Precision::int8) == 1);
      }
    }
  }
  OnnxWriter few(17);
  start(few, false);
  few.node("DynamicQuantizeMatMul", {"x", "aw"}, {"y"}, {}, "product", "com.microsoft");
  few.output("y");
  CHECK(contains(failure_of(few), "2 inputs"));
  OnnxWriter unknown(17);
  start(unknown, false);
  unknown.node("FusedMatMul", {"x", "aw"}, {"y"}, {}, "product", "com.microsoft").output("y");
  CHECK(contains(failure_of(unknown), "operator FusedMatMul of domain 'com.microsoft'"));
}
