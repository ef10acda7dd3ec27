#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/octavo.hpp"

#include "kernels/dispatch.hpp"
#include "kernels/quantization.hpp"
#include "runtime/graph/graph.hpp"
#include "tests/runtime/onnx_writer.hpp"
#include "tests/runtime/sample_models.hpp"
#include "tests/support/allocation_counter.hpp"
#include "tests/support/random.hpp"
#include "tests/support/temporary_folder.hpp"

/// Recurrent layers in int8 against their contract in plain loops.
using namespace octavo;
using namespace octavo::test;

namespace {

using Floats = std::vector<float>;
using kernels::UnaryMethod;

/// A layer of any kind; extents are small and no multiples of what kernels take at once.
struct Layer {
  std::string op;
  std::size_t time, batch, input, hidden;
  std::string direction = "forward";
  std::vector<std::int32_t> lengths = {};  ///< empty: all steps
  bool batch_first = false;
  bool after = false;       ///< GRU: linear_before_reset
  bool with_extras = true;  ///< biases, initial states and, for LSTM, peepholes
  float clip = 0.0F;
  std::string functions = {};  ///< empty: the usual ones

  [[nodiscard]] std::size_t gates() const { return op == "LSTM" ? 4 : op == "GRU" ? 3 : 1; }
  [[nodiscard]] std::size_t columns() const { return gates() * hidden; }
  [[nodiscard]] std::size_t directions() const { return direction == "bidirectional" ? 2 : 1; }
  [[nodiscard]] std::size_t length(std::size_t b) const {
    return lengths.empty() ? time : static_cast<std::size_t>(lengths[b]);
  }
  [[nodiscard]] bool reversed(std::size_t d) const { return d == 1 || direction == "reverse"; }

  [[nodiscard]] std::size_t x_row(std::size_t t, std::size_t b) const {
    return batch_first ? b * time + t : t * batch + b;
  }
  [[nodiscard]] std::size_t y_row(std::size_t t, std::size_t d, std::size_t b) const {
    return batch_first ? (b * time + t) * directions() + d : (t * directions() + d) * batch + b;
  }
  [[nodiscard]] std::size_t state_row(std::size_t d, std::size_t b) const {
    return batch_first ? b * directions() + d : d * batch + b;
  }
};

std::string describe(const Layer& layer) {
  std::string text = layer.op + " " + layer.direction;
  for (const std::size_t extent : {layer.time, layer.batch, layer.input, layer.hidden}) {
    text += " " + std::to_string(extent);
  }
  return text + (layer.batch_first ? " batch first" : "") + (layer.after ? " after" : "") +
         (layer.lengths.empty() ? "" : " lengths") + (layer.with_extras ? "" : " bare");
}

Shape shape_of(std::initializer_list<std::size_t> extents) {
  return {extents.begin(), extents.end()};
}

Model model_of(const Layer& layer) {
  GraphBuilder g("layer");
  const std::size_t d = layer.directions();
  const auto constant = [&](const char* name, const Shape& shape, std::uint32_t seed) {
    Floats values = random_values(element_count(shape), seed);
    for (float& value : values) value *= layer.functions.empty() ? 0.6F : 6.0F;
    return g.constant(name, shape, std::span<const float>(values));
  };
  const auto state = [&](const char* name) {
    return g.input(name, DataType::float32,
                   layer.batch_first ? shape_of({layer.batch, d, layer.hidden})
                                     : shape_of({d, layer.batch, layer.hidden}));
  };
  std::vector<GraphBuilder::Value> inputs(layer.op == "LSTM" ? 8 : 6, GraphBuilder::kNone);
  inputs[0] = g.input("x", DataType::float32,
                      layer.batch_first ? shape_of({layer.batch, layer.time, layer.input})
                                        : shape_of({layer.time, layer.batch, layer.input}));
  inputs[1] = constant("w", shape_of({d, layer.columns(), layer.input}), 2);
  inputs[2] = constant("r", shape_of({d, layer.columns(), layer.hidden}), 3);
  if (!layer.lengths.empty()) {
    inputs[4] = g.input("lengths", DataType::int32, shape_of({layer.batch}));
  }
  if (layer.with_extras) {
    inputs[3] = constant("b", shape_of({d, 2 * layer.columns()}), 4);
    inputs[5] = state("h");
    if (layer.op == "LSTM") {
      inputs[6] = state("c");
      inputs[7] = constant("p", shape_of({d, 3 * layer.hidden}), 5);
    }
  }
  Attributes attributes{{"direction", layer.direction},
                        {"layout", std::int64_t{layer.batch_first}}};
  if (layer.after) attributes["linear_before_reset"] = std::int64_t{1};
  if (layer.clip != 0.0F) attributes["clip"] = layer.clip;
  if (!layer.functions.empty()) attributes["activations"] = layer.functions;
  const auto outputs = g.nodes(layer.op, inputs, layer.op == "LSTM" ? 3 : 2, attributes, "layer");
  g.output(outputs[0], "y");
  g.output(outputs[1], "last_h");
  if (layer.op == "LSTM") g.output(outputs[2], "last_c");
  return std::move(g).build();
}

struct Result {
  Floats x, h, c;               ///< inputs
  Floats y, last_h, last_c;     ///< outputs
  std::vector<Range> x_ranges;  ///< that the layer reports
  LayerInfo layer;
};

Result run(std::string_view op, const Layer& layer, const Model& model, SessionOptions options) {
  Session session(model, std::move(options));
  Result result;
  std::uint32_t seed = 11;
  for (std::size_t i = 0; i < session.input_count(); ++i) {
    const TensorView input = session.input(i);
    if (input.type() == DataType::int32) {
      std::ranges::copy(layer.lengths, input.data<std::int32_t>().begin());
      continue;
    }
    fill(input.data<float>(), seed++);
    // All of one sign but for a little, so that the zero point lies near an end.
    for (float& value : input.data<float>()) value = std::max(2 * value, -0.2F);
    (input.name() == "x" ? result.x : input.name() == "h" ? result.h : result.c) = copy(input);
  }
  session.run_observed([&](std::size_t index, const LayerTensors& tensors) {
    const auto ranges = tensors.input_ranges;
    if (session.layers()[index].quantizable) result.x_ranges.assign(ranges.begin(), ranges.end());
  });
  result.y = copy(session.output("y"));
  result.last_h = copy(session.output("last_h"));
  if (layer.op == "LSTM") result.last_c = copy(session.output("last_c"));
  const auto& layers = session.layers();
  result.layer = *std::ranges::find(layers, op, &LayerInfo::op);
  return result;
}

Result run(const Layer& layer, const Model& model, SessionOptions options) {
  return run(layer.op, layer, model, std::move(options));
}

/// Integers of W and R, [directions][columns][depth], and what comes with them.
struct Weights {
  std::vector<std::int32_t> values[2];
  Floats scales[2];  ///< [directions][columns]
  Floats biases, peepholes;
};

/// Those of a model that octavo quantized.
Weights weights_of(const Layer& layer, const Model& quantized) {
  const Graph& graph = *quantized.graph();
  const Node& node = graph.nodes.at(0);
  const auto constant = [&](std::size_t input) -> const Tensor* {
    const bool given = input < node.inputs.size() && node.inputs[input] != kNoValue;
    return given ? graph.values[node.inputs[input]].constant.get() : nullptr;
  };
  const auto floats = [&](std::size_t input) {
    const Tensor* tensor = constant(input);
    if (tensor == nullptr) return Floats();
    return Floats(tensor->as<float>().begin(), tensor->as<float>().end());
  };
  Weights result;
  const std::size_t scales = layer.op == "LSTM" ? 8 : 6;
  for (const std::size_t i : {0U, 1U}) {
    const auto values = constant(1 + i)->as<std::int8_t>();
    result.values[i].assign(values.begin(), values.end());
    result.scales[i] = floats(scales + i);
  }
  result.biases = floats(3);
  if (layer.op == "LSTM") result.peepholes = floats(7);
  return result;
}

kernels::Quantization quantization_of(std::span<const float> x, Scheme scheme) {
  const auto [low, high] = std::ranges::minmax(x);
  const auto range = make_estimator("minmax")->estimate({scheme, {low, high}, {}, {}}, nullptr);
  return kernels::quantization_of(range, scheme);
}

/// ONNX's DynamicQuantizeLinear.
kernels::Quantization onnx_quantization(std::span<const float> x, Scheme) {
  const float low = std::min(std::ranges::min(x), 0.0F);
  const float high = std::max(std::ranges::max(x), 0.0F);
  kernels::Quantization result;
  result.scale = high == low ? 1.0F : (high - low) / 255.0F;
  result.zero_point = static_cast<std::int32_t>(std::nearbyint(-low / result.scale));
  result.divides = true;
  return result;
}

/// The contract of the int8 layer in plain loops, with the functions of the gates from a table of
/// kernels. Ranges are the extremes.
class Contract {
 public:
  Contract(const Layer& layer, Weights weights, const SessionOptions& options)
      : layer_(layer),
        weights_(std::move(weights)),
        table_(kernels::select_kernels(options.isa)),
        scheme_(options.scheme),
        by_row_(options.range_scope == RangeScope::row) {}

  /// How ranges become levels.
  kernels::Quantization (*quantization)(std::span<const float>, Scheme) = quantization_of;

  /// Fills in the outputs for the inputs of `given`.
  Result run(const Result& given) {
    Result result;
    const std::size_t hidden = layer_.hidden;
    const std::size_t states = layer_.directions() * layer_.batch * hidden;
    result.y.assign(layer_.time * states, 0.0F);
    result.last_h.assign(states, 0.0F);
    result.last_c.assign(layer_.op == "LSTM" ? states : 0, 0.0F);
    for (std::size_t d = 0; d < layer_.directions(); ++d) {
      const Floats x = product(given.x, layer_.input, 0, d, 0, layer_.columns());
      std::vector<Floats> h, c;
      for (std::size_t b = 0; b < layer_.batch; ++b) {
        const auto state = [&](const Floats& all) {
          Floats row(hidden, 0.0F);
          if (!all.empty()) {
            std::copy_n(all.begin() + at(layer_.state_row(d, b) * hidden), hidden, row.begin());
          }
          return row;
        };
        h.push_back(state(given.h));
        c.push_back(state(given.c));
      }
      for (std::size_t step = 0; step < layer_.time; ++step) {
        std::vector<std::size_t> active;
        for (std::size_t b = 0; b < layer_.batch; ++b) {
          if (step < layer_.length(b)) active.push_back(b);
        }
        if (active.empty()) break;
        std::vector<Floats> gates;
        for (const std::size_t b : active) {
          const std::size_t t = layer_.reversed(d) ? layer_.length(b) - 1 - step : step;
          const auto row = x.begin() + at(layer_.x_row(t, b) * layer_.columns());
          gates.emplace_back(row, row + at(layer_.columns()));
        }
        advance(d, active, gates, h, c);
        for (const std::size_t b : active) {
          const std::size_t t = layer_.reversed(d) ? layer_.length(b) - 1 - step : step;
          std::ranges::copy(h[b], result.y.begin() + at(layer_.y_row(t, d, b) * hidden));
        }
      }
      for (std::size_t b = 0; b < layer_.batch; ++b) {
        const auto to = at(layer_.state_row(d, b) * hidden);
        std::ranges::copy(h[b], result.last_h.begin() + to);
        if (layer_.op == "LSTM") std::ranges::copy(c[b], result.last_c.begin() + to);
      }
    }
    return result;
  }

 private:
  static std::ptrdiff_t at(std::size_t index) { return static_cast<std::ptrdiff_t>(index); }

  /// Columns [begin, end) of rows by W (`which` 0) or R (1), with their biases.
  Floats product(const Floats& rows, std::size_t depth, std::size_t which, std::size_t d,
                 std::size_t begin, std::size_t end) const {
    const std::size_t columns = layer_.columns();
    const std::size_t range_size = by_row_ ? depth : rows.size();
    Floats out;
    for (std::size_t row = 0; row < rows.size() / depth; ++row) {
      const std::span<const float> x(&rows[row * depth], depth);
      const auto q = quantization(
          std::span(rows).subspan(row * depth / range_size * range_size, range_size), scheme_);
      for (std::size_t n = begin; n < end; ++n) {
        std::int32_t sum = 0;
        for (std::size_t k = 0; k < depth; ++k) {
          const float level = std::nearbyint(q.divides ? x[k] / q.scale : x[k] * q.reciprocal);
          const std::int32_t clamped =
              std::clamp(static_cast<std::int32_t>(level) + q.zero_point, 0, 255);
          sum += (clamped - q.zero_point) * weights_.values[which][(d * columns + n) * depth + k];
        }
        volatile float scale = q.scale * weights_.scales[which][d * columns + n];
        volatile float scaled = static_cast<float>(sum) * scale;
        const Floats& biases = weights_.biases;
        out.push_back(scaled + (biases.empty() ? 0.0F : biases[(2 * d + which) * columns + n]));
      }
    }
    return out;
  }

  void apply(UnaryMethod method, float* x, std::size_t n) const {
    if (layer_.clip != 0.0F) {
      for (std::size_t i = 0; i < n; ++i) x[i] = std::clamp(x[i], -layer_.clip, layer_.clip);
    }
    table_.unary(method, 0.0F, 0.0F, x, n, x);
  }

  /// `gates` come in as those of the input.
  void advance(std::size_t d, const std::vector<std::size_t>& active, std::vector<Floats>& gates,
               std::vector<Floats>& h, std::vector<Floats>& c) const {
    const std::size_t hidden = layer_.hidden;
    const std::size_t columns = layer_.columns();
    Floats rows;
    for (const std::size_t b : active) rows.insert(rows.end(), h[b].begin(), h[b].end());
    const Floats sums = product(rows, hidden, 1, d, 0, columns);
    if (layer_.op == "GRU") return advance_gru(d, active, gates, sums, h);
    for (std::size_t row = 0; row < active.size(); ++row) {
      Floats& g = gates[row];
      Floats& state = h[active[row]];
      for (std::size_t n = 0; n < columns; ++n) g[n] = sums[row * columns + n] + g[n];
      if (layer_.op == "RNN") {
        apply(UnaryMethod::tanh, g.data(), hidden);
        state = g;
        continue;
      }
      Floats& cell = c[active[row]];
      const Floats& peepholes = weights_.peepholes;
      const auto peep = [&](std::size_t gate, std::size_t which) {
        for (std::size_t i = 0; !peepholes.empty() && i < hidden; ++i) {
          volatile float seen = peepholes[(3 * d + which) * hidden + i] * cell[i];
          g[gate * hidden + i] += seen;
        }
      };
      peep(0, 0);
      peep(2, 2);
      apply(UnaryMethod::sigmoid, &g[0], hidden);
      apply(UnaryMethod::sigmoid, &g[2 * hidden], hidden);
      apply(UnaryMethod::tanh, &g[3 * hidden], hidden);
      for (std::size_t i = 0; i < hidden; ++i) {
        volatile float kept = g[2 * hidden + i] * cell[i];
        volatile float added = g[i] * g[3 * hidden + i];
        cell[i] = kept + added;
      }
      peep(1, 1);
      apply(UnaryMethod::sigmoid, &g[hidden], hidden);
      state = cell;
      table_.unary(UnaryMethod::tanh, 0.0F, 0.0F, state.data(), hidden, state.data());
      for (std::size_t i = 0; i < hidden; ++i) state[i] *= g[hidden + i];
    }
  }

  void advance_gru(std::size_t d, const std::vector<std::size_t>& active,
                   std::vector<Floats>& gates, const Floats& sums, std::vector<Floats>& h) const {
    const std::size_t hidden = layer_.hidden;
    const std::size_t columns = layer_.columns();
    Floats rows;  // the states that the candidate is made from
    for (std::size_t row = 0; row < active.size(); ++row) {
      Floats& g = gates[row];
      for (std::size_t n = 0; n < 2 * hidden; ++n) g[n] = sums[row * columns + n] + g[n];
      apply(UnaryMethod::sigmoid, g.data(), 2 * hidden);
      for (std::size_t i = 0; i < hidden; ++i) rows.push_back(g[hidden + i] * h[active[row]][i]);
    }
    const Floats late = product(rows, hidden, 1, d, 2 * hidden, columns);
    for (std::size_t row = 0; row < active.size(); ++row) {
      Floats& g = gates[row];
      Floats& state = h[active[row]];
      for (std::size_t i = 0; i < hidden; ++i) {
        volatile float reset = g[hidden + i] * sums[row * columns + 2 * hidden + i];
        const float candidate = layer_.after ? reset : late[row * hidden + i];
        g[2 * hidden + i] = candidate + g[2 * hidden + i];
      }
      apply(UnaryMethod::tanh, &g[2 * hidden], hidden);
      for (std::size_t i = 0; i < hidden; ++i) {
        volatile float fresh = (1.0F - g[i]) * g[2 * hidden + i];
        volatile float kept = g[i] * state[i];
        state[i] = fresh + kept;
      }
    }
  }

  const Layer& layer_;
  Weights weights_;
  const kernels::KernelTable& table_;
  Scheme scheme_;
  bool by_row_;
};

std::vector<Layer> layers() {
  std::vector<Layer> result;
  const std::vector<std::int32_t> lengths{5, 0, 3};
  for (const char* op : {"RNN", "GRU", "LSTM"}) {
    for (const char* direction : {"forward", "reverse", "bidirectional"}) {
      for (const bool after : {false, true}) {
        if (after && op != std::string("GRU")) continue;
        result.push_back({op, 5, 3, 7, 11, direction, lengths, false, after});
        result.push_back({op, 4, 1, 33, 21, direction, {}, true, after, false});
        result.push_back({op, 5, 3, 5, 16, direction, lengths, true, after, true, 0.7F});
      }
    }
  }
  // Large enough to be shared between two threads, in both products.
  result.push_back({"LSTM", 2, 8, 130, 80});
  result.push_back({"GRU", 2, 9, 64, 96, "bidirectional", {}, false, false});
  return result;
}

}  // namespace

TEST_CASE("recurrent: int8 results are those of the contract, on every instruction set") {
  for (const Layer& layer : layers()) {
    CAPTURE(describe(layer));
    const Model model = model_of(layer);
    for (const int chain : {0, 4}) {
      const WeightQuantization weights{.max_chain = chain, .loss_budget_db = 100.0F};
      const Model quantized = model.quantized(weights);
      for (const Scheme scheme : {Scheme::symmetric, Scheme::asymmetric}) {
        for (const RangeScope scope : {RangeScope::batch, RangeScope::row}) {
          for (const InstructionSet& isa : instruction_sets()) {
            if (!isa.supported) continue;
            CAPTURE(isa.name);
            const SessionOptions options{.precision = Precision::int8,
                                         .scheme = scheme,
                                         .range_scope = scope,
                                         .estimator = make_estimator("minmax"),
                                         .weights = weights,
                                         .isa = isa.name};
            const Result result = run(layer, quantized, options);
            const Result expected =
                Contract(layer, weights_of(layer, quantized), options).run(result);
            CHECK(result.y == expected.y);
            CHECK(result.last_h == expected.last_h);
            CHECK(result.last_c == expected.last_c);
            CHECK(result.layer.precision == Precision::int8);
            CHECK(result.layer.kernel.starts_with("int8 "));
            CHECK(result.x_ranges.size() ==
                  (scope == RangeScope::row ? layer.time * layer.batch : 1));
            SessionOptions shared = options;
            shared.threads = 2;
            CHECK(run(layer, model, shared).y == expected.y);
          }
        }
      }
    }
  }
}

TEST_CASE(
    "recurrent: int8 is close to float32, and int8 weights are what float32 then multiplies") {
  for (const Layer& layer : layers()) {
    CAPTURE(describe(layer));
    const Model model = model_of(layer);
    const Model quantized = model.quantized();
    const Result exact = run(layer, model, {.precision = Precision::float32});
    const Result dequantized = run(layer, quantized, {.precision = Precision::float32});
    const Result int8 = run(layer, model, {.precision = Precision::int8});
    CHECK(dequantized.layer.precision == Precision::float32);
    for (const Result* result : {&dequantized, &int8}) {
      double signal = 0.0;
      double noise = 0.0;
      for (std::size_t i = 0; i < exact.y.size(); ++i) {
        signal += double{exact.y[i]} * double{exact.y[i]};
        noise += std::pow(double{exact.y[i]} - double{result->y[i]}, 2.0);
      }
      CHECK(noise > 0.0);
      CHECK(10.0 * std::log10(signal / noise) > 30.0);
    }
  }
}

TEST_CASE("recurrent: int8 weights are kept in a model file") {
  const TemporaryFolder folder;
  for (const char* op : {"RNN", "GRU", "LSTM"}) {
    const Layer layer{op, 5, 3, 7, 11, "bidirectional", {5, 0, 3}};
    const Model quantized = model_of(layer).quantized();
    quantized.save(folder.path() / "layer.safetensors");
    const Model loaded = Model::load(folder.path() / "layer.safetensors");
    for (const Precision precision : {Precision::float32, Precision::int8}) {
      CHECK(run(layer, loaded, {.precision = precision}).y ==
            run(layer, quantized, {.precision = precision}).y);
    }
  }
}

TEST_CASE("recurrent: run allocates nothing") {
  for (const char* op : {"RNN", "GRU", "LSTM"}) {
    const Model model = model_of({op, 5, 3, 7, 11, "bidirectional", {5, 0, 3}});
    for (const Precision precision : {Precision::float32, Precision::int8}) {
      for (const RangeScope scope : {RangeScope::batch, RangeScope::row}) {
        Session session(
            model,
            {.precision = precision, .range_scope = scope, .estimator = make_estimator("entropy")});
        session.run();
        std::ranges::fill(session.input("lengths").data<std::int32_t>(), 4);
        const std::size_t before = allocation_count();
        session.run();
        CHECK(allocation_count() == before);
      }
    }
  }
}

TEST_CASE("recurrent: automatic measures float32 and int8, as far as random data let it") {
  const Layer layer{"RNN", 40, 2, 7, 64};
  const Result tanh = run(layer, model_of(layer), {.precision = Precision::automatic});
  CHECK(tanh.layer.measured.size() == 2);
  // Without a bound the states grow beyond the floats, which int8 cannot quantize.
  const Layer relu{"RNN", 40, 2, 7, 64, "forward", {}, false, false, true, 0.0F, "Relu"};
  const Result grown = run(relu, model_of(relu), {.precision = Precision::automatic});
  CHECK(grown.layer.precision == Precision::float32);
  CHECK(grown.layer.measured.size() == 1);
}

TEST_CASE("recurrent: layers report what they multiply and hold") {
  const Layer layer{"LSTM", 5, 3, 7, 11, "bidirectional"};
  const std::uint64_t weights = 2 * 44 * (7 + 11);
  const std::uint64_t others = 2 * 2 * 44 + 2 * 3 * 11;
  const Model model = model_of(layer);
  const Result exact = run(layer, model, {.precision = Precision::float32});
  const Result int8 = run(layer, model, {.precision = Precision::int8});
  for (const Result* result : {&exact, &int8}) {
    CHECK(result->layer.macs == 5 * 3 * weights);
    CHECK(result->layer.quantizable);
    CHECK(result->layer.int8_bytes ==
          weights + 2 * 2 * 44 * sizeof(float) + others * sizeof(float));
  }
  CHECK(exact.layer.parameters == weights + others);
}

namespace {

/// Answers a fixed range and counts how often it is asked.
class FixedRange final : public RangeEstimator {
 public:
  FixedRange(float limit, int& calls) : limit_(limit), calls_(&calls) {}
  [[nodiscard]] std::string_view name() const noexcept override { return "fixed"; }
  [[nodiscard]] StatisticsRequest needs(Scheme) const override { return {}; }
  [[nodiscard]] Range estimate(const ActivationStatistics&, const Range*) const override {
    ++*calls_;
    return {-limit_, limit_};
  }

 private:
  float limit_;
  int* calls_;
};

}  // namespace

TEST_CASE("recurrent: the layer's estimator gives the ranges of the input and of every state") {
  const Layer layer{"LSTM", 5, 3, 7, 11, "bidirectional"};
  const Model model = model_of(layer);
  int calls = 0;
  const auto estimator = std::make_shared<FixedRange>(0.5F, calls);
  const Result all = run(layer, model, {.precision = Precision::int8, .estimator = estimator});
  CHECK(calls == 1 + 2 * 5);
  CHECK(all.x_ranges[0].high == 0.5F);
  const Result own =
      run(layer, model, {.precision = Precision::int8, .layer_estimators = {{"layer", estimator}}});
  CHECK(own.y == all.y);
  CHECK(calls == 2 * (1 + 2 * 5));

  // A static range is that of the input; the states are measured all the same.
  RangeSettings settings;
  settings.ranges["layer"] = {-0.5F, 0.5F};
  const Model fixed = model.with_range_settings(settings);
  const Result result = run(layer, fixed, {.precision = Precision::int8, .estimator = estimator});
  CHECK(result.y == all.y);
  CHECK(calls == 2 * (1 + 2 * 5) + 2 * 5);
}

TEST_CASE("recurrent: what is not finite is an error that names the tensor") {
  const Layer layer{"GRU", 3, 2, 4, 5};
  Session session(model_of(layer), {.precision = Precision::int8});
  const auto message = [&] {
    try {
      session.run();
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::non_finite);
      return std::string(error.what());
    }
    return std::string();
  };
  session.input("h").data<float>()[3] = INFINITY;
  CHECK(message().starts_with("the state of node 'layer' (GRU) holds NaN or infinity"));
  session.input("x").data<float>()[3] = NAN;
  CHECK(message().starts_with("tensor 'x' of node 'layer' (GRU) holds NaN or infinity"));
  session.input("h").data<float>()[3] = 0.0F;
  session.input("x").data<float>()[3] = 0.0F;
  CHECK(message().empty());
}

namespace {

/// An LSTM as com.microsoft's DynamicQuantizeLSTM, with weights of int8 (2) or uint8.
struct LevelLstm {
  OnnxWriter model{17};
  Weights weights;

  /// `replaced` are constants to write instead of the right ones.
  LevelLstm(const Layer& layer, bool is_signed, bool per_column, int zero,
            const std::map<std::string, std::string>& replaced = {}) {
    const auto add = [&](const std::string& name, const std::string& tensor) {
      const auto found = replaced.find(name);
      model.initializer(found == replaced.end() ? tensor : found->second);
    };
    const std::size_t d = layer.directions();
    const std::size_t columns = layer.columns();
    const auto ints = [](std::initializer_list<std::size_t> extents) { return shape_of(extents); };
    model.input("x", ints({layer.time, layer.batch, layer.input}));
    model.input("h", ints({d, layer.batch, layer.hidden}));
    model.input("c", ints({d, layer.batch, layer.hidden}));
    Random random(7);
    for (const std::size_t which : {0U, 1U}) {
      const std::string name = which == 0 ? "w" : "r";
      const std::size_t depth = which == 0 ? layer.input : layer.hidden;
      std::vector<std::int32_t>& values = weights.values[which];
      values.resize(d * columns * depth);
      std::string bytes(values.size(), '\0');
      for (std::size_t i = 0; i < d; ++i) {
        for (std::size_t k = 0; k < depth; ++k) {
          for (std::size_t n = 0; n < columns; ++n) {
            const int level = random.between(is_signed ? -128 : 0, is_signed ? 127 : 255);
            bytes[(i * depth + k) * columns + n] = static_cast<char>(level);
            values[(i * columns + n) * depth + k] = level - zero;
          }
        }
      }
      const std::size_t scales = per_column ? d * columns : d;
      Floats scale(scales);
      for (float& value : scale) value = random.uniform(0.001F, 0.01F);
      for (std::size_t i = 0; i < d * columns; ++i) {
        weights.scales[which].push_back(scale[per_column ? i : i / columns]);
      }
      const int type = is_signed ? 3 : 2;
      const Shape dims = per_column ? ints({d, columns}) : ints({d});
      add(name, raw_tensor(name, ints({d, depth, columns}), type, bytes));
      add(name + "s", float_tensor(name + "s", dims, scale));
      add(name + "z",
          raw_tensor(name + "z", dims, type, std::string(scales, static_cast<char>(zero))));
    }
    weights.biases = random_values(d * 2 * columns, 3);
    weights.peepholes = random_values(d * 3 * layer.hidden, 4);
    model.initializer(float_tensor("b", ints({d, 2 * columns}), weights.biases));
    model.initializer(float_tensor("p", ints({d, 3 * layer.hidden}), weights.peepholes));
    model.node("DynamicQuantizeLSTM",
               {"x", "w", "r", "b", "", "h", "c", "p", "ws", "wz", "rs", "rz"},
               {"y", "last_h", "last_c"},
               {attribute("direction", layer.direction.c_str()),
                attribute("hidden_size", static_cast<std::int64_t>(layer.hidden))},
               "layer", "com.microsoft");
    model.output("y").output("last_h").output("last_c");
  }
};

}  // namespace

TEST_CASE("recurrent: ONNX Runtime's DynamicQuantizeLSTM has the integers of the file") {
  struct Case {
    bool is_signed, per_column;
    int zero;
  };
  const Layer layer{"LSTM", 4, 3, 9, 10, "bidirectional"};
  // Zero points for which one, two and three int8 make up a weight.
  for (const Case& c : {Case{true, false, 0}, Case{true, true, 0}, Case{true, true, -3},
                        Case{false, false, 128}, Case{false, true, 100}, Case{false, true, 0}}) {
    CAPTURE(c.is_signed);
    CAPTURE(c.per_column);
    CAPTURE(c.zero);
    const LevelLstm written(layer, c.is_signed, c.per_column, c.zero);
    const Model model(std::make_shared<Graph>(load_bytes(written.model)));
    for (const Precision precision : {Precision::float32, Precision::int8, Precision::automatic}) {
      for (const InstructionSet& isa : instruction_sets()) {
        if (!isa.supported) continue;
        CAPTURE(isa.name);
        // None of the other options matters to it.
        const Result result = run("DynamicQuantizeLSTM", layer, model,
                                  {.precision = precision,
                                   .scheme = Scheme::symmetric,
                                   .range_scope = RangeScope::row,
                                   .estimator = make_estimator("entropy"),
                                   .isa = isa.name});
        Contract contract(layer, written.weights, {.isa = isa.name});
        contract.quantization = onnx_quantization;
        const Result expected = contract.run(result);
        CHECK(result.y == expected.y);
        CHECK(result.last_h == expected.last_h);
        CHECK(result.last_c == expected.last_c);
        CHECK(result.layer.precision == Precision::int8);
        CHECK_FALSE(result.layer.quantizable);
        CHECK(result.layer.macs == 4 * 3 * 2 * 40 * (9 + 10));
      }
    }
  }
}

TEST_CASE("recurrent: a DynamicQuantizeLSTM that does not fit is an error that says where") {
  const Layer layer{"LSTM", 2, 1, 3, 4};
  const auto error_with = [&](const std::string& name, const std::string& replacement) {
    const LevelLstm written(layer, true, true, 0, {{name, replacement}});
    try {
      const Model model(std::make_shared<Graph>(load_bytes(written.model)));
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const Floats scales(16, 1.0F);
  CHECK(error_with("ws", float_tensor("ws", {1, 16}, scales)).empty());
  CHECK(contains(error_with("ws", float_tensor("ws", {4, 4}, scales)), "'ws') has shape [4, 4]"));
  CHECK(contains(error_with("rz", float_tensor("rz", {1, 16}, scales)), "'rz'"));
  CHECK(contains(error_with("w", float_tensor("w", {1, 3, 16}, Floats(48, 1.0F))), "'w'"));
}
