#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/ops/dynamic_quantizer.hpp"
#include "runtime/ops/packed_weights.hpp"
#include "runtime/ops/recurrent_weights.hpp"
#include "runtime/ops/tile_grid.hpp"

/// The products of recurrent layers: rows of X or of the state by the weights of the gates.
namespace octavo::ops {

/// Rows on the left of gate products: floats, and their levels where the layer computes in int8.
struct GateRows {
  std::size_t count;
  const float* floats;
  const std::uint8_t* levels;
  std::span<const kernels::Quantization> quantization;  ///< one, or one for each row
};

/// Makes the left side of gate products, in int8 with ranges of its own.
class GateOperand {
 public:
  /// Up to `rows` rows of `depth` elements: the node's X, or other ones that errors call `where`.
  /// Static ranges hold for X alone.
  GateOperand(const NodeView& node, const PlanContext& context, std::size_t rows,
              std::size_t depth);
  GateOperand(const NodeView& node, const PlanContext& context, std::string where, std::size_t rows,
              std::size_t depth);

  /// What it returns holds as long as x and `scratch`. Throws Error{non_finite} and
  /// Error{estimator_failed}.
  GateRows rows_of(const DynamicQuantizer::Input& input, std::byte* scratch,
                   Workers& workers) const;

  [[nodiscard]] std::size_t scratch_bytes() const;
  [[nodiscard]] bool takes_extrema() const { return quantizer_ && quantizer_->ranges() == 1; }

 private:
  const kernels::KernelTable& kernels_;
  std::size_t rows_, depth_;
  std::optional<DynamicQuantizer> quantizer_;
};

/// Columns of the weights of one direction, packed, with a bias for each.
class GateProduct {
 public:
  /// Columns [begin, end) for products of up to `rows` rows.
  GateProduct(const PlanContext& context, const GateWeights& weights, std::size_t begin,
              std::size_t end, std::size_t rows);

  /// Row i of the result starts at out + i * stride.
  void multiply(const GateRows& rows, float* out, std::size_t stride, Workers& workers) const;

  [[nodiscard]] bool is_int8() const { return !weights_->int8.empty(); }
  [[nodiscard]] std::size_t weight_bytes() const { return weights_->bytes(); }
  /// "float32", or the methods of the int8 product.
  [[nodiscard]] std::string kernel() const;

 private:
  const kernels::KernelTable& kernels_;
  kernels::WeightShape shape_;
  SharedWeights weights_;
  std::vector<float> biases_;
  TileGrid grid_;
};

}  // namespace octavo::ops
