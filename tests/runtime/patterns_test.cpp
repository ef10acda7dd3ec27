#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/octavo.hpp"

#include "tests/runtime/sample_models.hpp"

using namespace octavo;
using namespace octavo::test;

namespace {

using Value = GraphBuilder::Value;
using Ints = std::vector<std::int64_t>;

constexpr std::int64_t kRows = 5;
constexpr std::int64_t kColumns = 12;

/// Writes functions as files do: one node after the other.
class Formula {
  GraphBuilder g_{"formula"};
  int constants_ = 0;

 public:
  Value x = g_.input("x", DataType::float32, {kRows, kColumns});

  Value number(double value) {
    const std::vector<float> elements{static_cast<float>(value)};
    return g_.constant("c" + std::to_string(constants_++), {}, std::span<const float>(elements));
  }
  Value row(std::uint32_t seed) {
    const auto elements = random_values(kColumns, seed);
    return g_.constant("c" + std::to_string(constants_++), {kColumns},
                       std::span<const float>(elements));
  }
  Value mean(Value of, std::int64_t axis = -1) {
    const Ints axes{axis};
    return g_.node("ReduceMean", {of, g_.constant("c" + std::to_string(constants_++), {1},
                                                  std::span<const std::int64_t>(axes))});
  }
  Value make(const char* op, std::vector<Value> inputs) { return g_.node(op, std::move(inputs)); }
  Value operator()(const char* op, Value a) { return make(op, {a}); }
  Value operator()(const char* op, Value a, Value b) { return make(op, {a, b}); }

  Session session(Value y) {
    g_.output(y, "y");
    return Session(std::move(g_).build(), {.precision = Precision::float32});
  }
};

/// Runs the formula; its layers must be `ops`, and its results those of `expected` for each row.
void check(const std::function<Value(Formula&)>& write, const std::vector<std::string>& ops,
           const std::function<std::vector<float>(const std::vector<float>&)>& expected) {
  Formula formula;
  const Value y = write(formula);
  Session session = formula.session(y);
  std::vector<std::string> found;
  for (const LayerInfo& layer : session.layers()) found.push_back(layer.op);
  CHECK(found == ops);
  fill(session.input(0).data<float>(), 7);
  for (float& value : session.input(0).data<float>()) value *= 5.0F;
  session.run();
  const auto in = copy(session.input(0));
  const auto out = copy(session.output(0));
  for (std::size_t row = 0; row < kRows; ++row) {
    const auto begin = static_cast<std::ptrdiff_t>(row) * kColumns;
    const auto wanted = expected({in.begin() + begin, in.begin() + begin + kColumns});
    for (std::size_t i = 0; i < kColumns; ++i) {
      CHECK(out[row * kColumns + i] == doctest::Approx(wanted[i]).epsilon(1e-4));
    }
  }
}

/// The same function of every element.
auto each(double (*f)(double)) {
  return [f](const std::vector<float>& row) {
    std::vector<float> result;
    for (const float x : row) result.push_back(static_cast<float>(f(static_cast<double>(x))));
    return result;
  };
}

double swish(double x) {
  return x / (1.0 + std::exp(-x));
}
double hard_swish(double x) {
  return x * std::clamp(x + 3.0, 0.0, 6.0) / 6.0;
}
double gelu(double x) {
  return 0.5 * x * (1.0 + std::erf(x / std::numbers::sqrt2));
}
double tanh_gelu(double x) {
  return 0.5 * x * (1.0 + std::tanh(0.7978845608 * (x + 0.044715 * x * x * x)));
}

/// Layer normalization of a row with scale and bias from these seeds.
auto normalized(std::uint32_t scale_seed, std::uint32_t bias_seed) {
  return [=](const std::vector<float>& row) {
    double mean = 0.0;
    for (const float x : row) mean += static_cast<double>(x) / kColumns;
    double variance = 0.0;
    for (const float x : row) {
      const double deviation = static_cast<double>(x) - mean;
      variance += deviation * deviation / kColumns;
    }
    const auto scale = random_values(kColumns, scale_seed);
    const auto bias = random_values(kColumns, bias_seed);
    std::vector<float> result;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const double value = (static_cast<double>(row[i]) - mean) / std::sqrt(variance + 1e-5);
      result.push_back(static_cast<float>(value) * scale[i] + bias[i]);
    }
    return result;
  };
}

}  // namespace

TEST_CASE("patterns: swish and hard swish") {
  check([](Formula& f) { return f("Mul", f("Sigmoid", f.x), f.x); }, {"Swish"}, each(swish));
  const auto relu6 = [](Formula& f) {
    return f.make("Clip", {f("Add", f.x, f.number(3)), f.number(0), f.number(6)});
  };
  check([&](Formula& f) { return f("Div", f("Mul", f.x, relu6(f)), f.number(6)); }, {"HardSwish"},
        each(hard_swish));
  check([&](Formula& f) { return f("Mul", f("Div", relu6(f), f.number(6)), f.x); }, {"HardSwish"},
        each(hard_swish));
  check([&](Formula& f) { return f("Mul", f.x, f("Mul", f.number(1.0 / 6), relu6(f))); },
        {"HardSwish"}, each(hard_swish));
}

TEST_CASE("patterns: gelu by erf, whatever the order of its factors") {
  const auto curve = [](Formula& f) {
    const Value scaled = f("Div", f.x, f.number(std::numbers::sqrt2));
    return f("Add", f("Erf", scaled), f.number(1));
  };
  check([&](Formula& f) { return f("Mul", f("Mul", f.x, curve(f)), f.number(0.5)); }, {"Gelu"},
        each(gelu));
  check([&](Formula& f) { return f("Mul", f("Mul", f.number(0.5), f.x), curve(f)); }, {"Gelu"},
        each(gelu));
  check([&](Formula& f) { return f("Div", f("Mul", curve(f), f.x), f.number(2)); }, {"Gelu"},
        each(gelu));
}

TEST_CASE("patterns: gelu by tanh, with the cube written in three ways") {
  const auto with_cube = [](Formula& f, Value cube) {
    const Value sum = f("Add", f.x, f("Mul", cube, f.number(0.044715)));
    const Value curve = f("Tanh", f("Mul", sum, f.number(0.7978845608)));
    return f("Mul", f("Mul", f.number(0.5), f.x), f("Add", f.number(1), curve));
  };
  check([&](Formula& f) { return with_cube(f, f("Pow", f.x, f.number(3))); }, {"Gelu"},
        each(tanh_gelu));
  check([&](Formula& f) { return with_cube(f, f("Mul", f.x, f("Mul", f.x, f.x))); }, {"Gelu"},
        each(tanh_gelu));
  check([&](Formula& f) { return with_cube(f, f("Mul", f("Pow", f.x, f.number(2)), f.x)); },
        {"Gelu"}, each(tanh_gelu));
}

TEST_CASE("patterns: layer normalization, its deviation computed once or twice") {
  const auto finish = [](Formula& f, Value deviation, Value square) {
    const Value variance = f("Add", f.mean(square), f.number(1e-5));
    const Value quotient = f("Div", deviation, f("Sqrt", variance));
    return f("Add", f("Mul", quotient, f.row(1)), f.row(2));
  };
  check(
      [&](Formula& f) {
        const Value deviation = f("Sub", f.x, f.mean(f.x));
        return finish(f, deviation, f("Pow", deviation, f.number(2)));
      },
      {"LayerNormalization"}, normalized(1, 2));
  check(
      [&](Formula& f) {
        const Value again = f("Sub", f.x, f.mean(f.x, 1));
        return finish(f, f("Sub", f.x, f.mean(f.x)), f("Mul", again, again));
      },
      {"LayerNormalization"}, normalized(1, 2));
}

TEST_CASE("patterns: what only looks like one stays as it is written") {
  check([](Formula& f) { return f("Mul", f("Sigmoid", f("Neg", f.x)), f.x); },
        {"Neg", "Sigmoid", "Mul"}, each([](double x) { return x / (1.0 + std::exp(x)); }));
  check(
      [](Formula& f) {
        const Value scaled = f("Div", f.x, f.number(1.5));
        return f("Mul", f("Mul", f.x, f("Add", f("Erf", scaled), f.number(1))), f.number(0.5));
      },
      {"Div", "Erf", "Add", "Mul", "Mul"},
      each([](double x) { return 0.5 * x * (1.0 + std::erf(x / 1.5)); }));
  Formula f;
  const Value deviation = f("Sub", f.x, f.mean(f.x, 0));
  const Value variance = f("Add", f.mean(f("Mul", deviation, deviation), 0), f.number(1e-5));
  Session session = f.session(f("Mul", f("Div", deviation, f("Sqrt", variance)), f.row(1)));
  for (const LayerInfo& layer : session.layers()) CHECK(layer.op != "LayerNormalization");
}

TEST_CASE("patterns: a product before a recognized function computes it") {
  GraphBuilder g("g");
  const auto x = g.input("x", DataType::float32, {kRows, kColumns});
  const auto weights = random_values(kColumns * kColumns, 3);
  const auto y =
      g.node("MatMul", {x, g.constant("w", {kColumns, kColumns}, std::span<const float>(weights))});
  g.output(g.node("Mul", {y, g.node("Sigmoid", {y})}), "y");
  Session session(std::move(g).build(), {.precision = Precision::float32});
  REQUIRE(session.layers().size() == 1);
  fill(session.input(0).data<float>(), 7);
  session.run();
  const auto in = copy(session.input(0));
  const auto out = copy(session.output(0));
  for (std::size_t row = 0; row < kRows; ++row) {
    for (std::size_t n = 0; n < kColumns; ++n) {
      double sum = 0.0;
      for (std::size_t k = 0; k < kColumns; ++k) {
        sum += static_cast<double>(in[row * kColumns + k]) *
               static_cast<double>(weights[k * kColumns + n]);
      }
      CHECK(static_cast<double>(out[row * kColumns + n]) ==
            doctest::Approx(swish(sum)).epsilon(1e-4));
    }
  }
}
