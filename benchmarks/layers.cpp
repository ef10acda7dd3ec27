// Octavo's rows: one-layer models through the public interface, with everything that int8 takes at
// run time inside: range, quantization, product, bias and ReLU.

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "octavo/graph.hpp"
#include "octavo/session.hpp"

#include "benchmarks/layer_row.hpp"
#include "benchmarks/measure.hpp"
#include "benchmarks/suite.hpp"

namespace octavo::bench {
namespace {

/// The layer, its result channels-last as Octavo computes it.
Model make_model(const LayerShape& shape) {
  const LayerData& data = data_of(shape);
  GraphBuilder graph(shape.name);
  const auto x = graph.input("x", DataType::float32, shape.input());
  const auto weights = graph.constant("weights", shape.weights(), data.weights);
  const auto bias = graph.constant("bias", {shape.to}, data.bias);
  const auto product = shape.is_linear()
                           ? graph.node("Gemm", {x, weights, bias}, {{"transB", std::int64_t{1}}})
                           : graph.node("Conv", {x, weights, bias},
                                        {{"group", shape.groups},
                                         {"kernel_shape", std::vector{shape.kernel, shape.kernel}},
                                         {"pads", std::vector(4, shape.pad())},
                                         {"strides", std::vector{shape.stride, shape.stride}}});
  auto y = graph.node("Relu", {product});
  if (!shape.is_linear()) {
    y = graph.node("Transpose", {y}, {{"perm", std::vector<std::int64_t>{0, 2, 3, 1}}});
  }
  graph.output(y, "y");
  return std::move(graph).build();
}

class OctavoLayer : public Layer {
 public:
  OctavoLayer(const LayerShape& shape, SessionOptions options)
      : session_(make_model(shape), std::move(options)), nanoseconds_(session_.layers().size()) {
    while (session_.layers()[product_].macs == 0) ++product_;
    std::ranges::copy(data_of(shape).input, session_.input(0).data<float>().begin());
  }

  /// A convolution is planned with a change of layout before it, which a network has at its ends
  /// and no single layer answers for: the layer's own time counts then.
  double run() override {
    if (nanoseconds_.size() == 1) return seconds([this] { session_.run(); });
    session_.run_profiled(nanoseconds_);
    return 1e-9 * static_cast<double>(nanoseconds_[product_]);
  }

  [[nodiscard]] std::vector<float> output() const override {
    const auto y = session_.output(0).data<float>();
    return {y.begin(), y.end()};
  }

  [[nodiscard]] std::string method() const override { return session_.layers()[product_].kernel; }

 private:
  Session session_;
  std::vector<std::uint64_t> nanoseconds_;
  std::size_t product_ = 0;
};

}  // namespace

const std::vector<float>& expected_output(const LayerShape& shape) {
  static std::map<std::string, std::vector<float>> outputs;
  const auto found = outputs.find(shape.name);
  if (found != outputs.end()) return found->second;
  OctavoLayer layer(shape, {.precision = Precision::float32});
  layer.run();
  return outputs.emplace(shape.name, layer.output()).first->second;
}

void register_octavo() {
  for (const LayerShape& shape : layer_shapes()) {
    for (const std::size_t threads : thread_counts(shape)) {
      for (const auto& [precision, name] :
           {std::pair{Precision::float32, "float32"}, std::pair{Precision::int8, "int8"}}) {
        const bool depthwise = shape.groups > 1;
        if (depthwise && precision == Precision::int8) continue;  // stays in float
        register_layer(shape, {"octavo", name, threads}, [&shape, precision = precision, threads] {
          return std::make_unique<OctavoLayer>(
              shape, SessionOptions{.precision = precision, .threads = threads});
        });
      }
      if (shape.kernel == 3 && shape.stride == 1 && shape.groups == 1) {
        register_layer(shape, {"octavo", "float32-winograd", threads}, [&shape, threads] {
          return std::make_unique<OctavoLayer>(
              shape,
              SessionOptions{
                  .precision = Precision::float32, .float_winograd = true, .threads = threads});
        });
      }
    }
  }
}

}  // namespace octavo::bench
