#include "benchmarks/layer_shape.hpp"

#include <array>
#include <cmath>
#include <map>

#include "tools/seeded_normal.hpp"

namespace octavo::bench {
namespace {

LayerShape linear(std::int64_t rows, std::int64_t to, std::int64_t from) {
  return {.name = "linear-M" + std::to_string(rows) + "-N" + std::to_string(to) + "-K" +
                  std::to_string(from),
          .rows = rows,
          .from = from,
          .to = to};
}

LayerShape convolution(std::int64_t kernel, std::int64_t from, std::int64_t to, std::int64_t size,
                       std::int64_t stride = 1) {
  const std::string k = std::to_string(kernel);
  return {.name = "conv" + k + "x" + k + "-" + std::to_string(from) + "-" + std::to_string(to) +
                  "@" + std::to_string(size),
          .from = from,
          .to = to,
          .size = size,
          .kernel = kernel,
          .stride = stride};
}

LayerShape depthwise(std::int64_t channels, std::int64_t size) {
  return {.name = "depthwise3x3-" + std::to_string(channels) + "@" + std::to_string(size),
          .from = channels,
          .to = channels,
          .size = size,
          .kernel = 3,
          .groups = channels};
}

std::vector<LayerShape> make_shapes() {
  std::vector<LayerShape> shapes;
  for (const std::int64_t rows : {16, 64, 256}) {
    shapes.push_back(linear(rows, 768, 768));
    shapes.push_back(linear(rows, 3072, 768));
    shapes.push_back(linear(rows, 768, 3072));
  }
  shapes.push_back(linear(16, 4096, 4096));
  for (const std::int64_t rows : {4, 1}) {
    shapes.push_back(linear(rows, 768, 768));
    shapes.push_back(linear(rows, 1024, 1024));
    shapes.push_back(linear(rows, 3072, 768));
    shapes.push_back(linear(rows, 4096, 4096));
  }
  for (const auto& [channels, size] :
       {std::array<std::int64_t, 2>{64, 56}, {128, 28}, {256, 14}, {512, 7}}) {
    shapes.push_back(convolution(3, channels, channels, size));
  }
  for (const auto& [from, to, size] :
       {std::array<std::int64_t, 3>{64, 256, 56}, {256, 64, 56}, {512, 2048, 7}}) {
    shapes.push_back(convolution(1, from, to, size));
  }
  shapes.push_back(convolution(7, 3, 64, 224, 2));
  for (const auto& [channels, size] :
       {std::array<std::int64_t, 2>{32, 112}, {144, 56}, {384, 14}, {960, 7}}) {
    shapes.push_back(depthwise(channels, size));
  }
  return shapes;
}

LayerData make_data(const LayerShape& shape) {
  tools::SeededNormal random(1);
  LayerData data;
  data.input.resize(element_count(shape.input()));
  random.fill(data.input, 0.0F, 1.0F);
  for (float& x : data.input) x = std::abs(x);
  data.weights.resize(element_count(shape.weights()));
  const std::int64_t fan_in = shape.from / shape.groups * shape.kernel * shape.kernel;
  random.fill_heavy_tailed(data.weights, std::sqrt(2.0F / static_cast<float>(fan_in)));
  data.bias.resize(static_cast<std::size_t>(shape.to));
  random.fill(data.bias, 0.0F, 0.1F);
  return data;
}

}  // namespace

Shape LayerShape::input() const {
  return is_linear() ? Shape{rows, from} : Shape{1, from, size, size};
}

Shape LayerShape::weights() const {
  return is_linear() ? Shape{to, from} : Shape{to, from / groups, kernel, kernel};
}

Shape LayerShape::output() const {
  const std::int64_t out_size = (size - 1) / stride + 1;
  return is_linear() ? Shape{rows, to} : Shape{1, to, out_size, out_size};
}

double LayerShape::mac() const {
  const auto products_per_output = static_cast<double>(from / groups * kernel * kernel);
  return static_cast<double>(element_count(output())) * products_per_output;
}

std::span<const LayerShape> layer_shapes() {
  static const std::vector<LayerShape> shapes = make_shapes();
  return shapes;
}

const LayerData& data_of(const LayerShape& shape) {
  static std::map<std::string, LayerData> data;
  const auto found = data.find(shape.name);
  return found != data.end() ? found->second
                             : data.emplace(shape.name, make_data(shape)).first->second;
}

}  // namespace octavo::bench
