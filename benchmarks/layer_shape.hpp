#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "octavo/tensor.hpp"

namespace octavo::bench {

/// A layer with bias and ReLU: linear, or a convolution of one square image padded to keep its size
/// at stride 1.
struct LayerShape {
  std::string name;
  std::int64_t rows = 0;  ///< of a linear layer; 0 for a convolution
  std::int64_t from = 0;  ///< input channels
  std::int64_t to = 0;    ///< output channels
  std::int64_t size = 1;  ///< height and width of the input
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t groups = 1;

  [[nodiscard]] bool is_linear() const { return rows != 0; }
  [[nodiscard]] std::int64_t pad() const { return kernel / 2; }
  // In the order of the ONNX file: [rows, from] and [to, from], or NCHW and OIHW.
  [[nodiscard]] Shape input() const;
  [[nodiscard]] Shape weights() const;
  [[nodiscard]] Shape output() const;
  [[nodiscard]] double mac() const;
};

/// Every layer of the suite.
std::span<const LayerShape> layer_shapes();

/// The numbers that everybody computes the layer with. Inputs are those after a ReLU, so that a
/// peer can be given them as uint8 without a zero point.
struct LayerData {
  std::vector<float> input;
  std::vector<float> weights;
  std::vector<float> bias;
};

/// Made at the first call for a shape, and kept.
const LayerData& data_of(const LayerShape& shape);

}  // namespace octavo::bench
