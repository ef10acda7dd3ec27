#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/aligned_buffer.hpp"
#include "kernels/kernels.hpp"

/// Weights as the kernels read them. Logical weights are [columns][segments][depth], a segment
/// being what a RowMap reads contiguously: one kernel tap's channels, or a whole kernel line when
/// the taps of a line are neighbours in memory.
namespace octavo::kernels {

struct WeightShape {
  std::size_t columns = 0;
  std::size_t segments = 1;
  std::size_t depth = 0;

  [[nodiscard]] std::size_t panels() const { return (columns + kPanelWidth - 1) / kPanelWidth; }
  [[nodiscard]] std::size_t size() const { return columns * segments * depth; }
};

/// Symmetric int8 weights with one scale per column: w = scale * value.
struct QuantizedWeights {
  std::vector<std::int8_t> values;  ///< [columns][segments][depth], in [-127, 127]
  std::vector<float> scales;        ///< [columns]
  int chain = 0;                    ///< the chain that all columns were fitted to; 0: none
  bool finite = true;  ///< false: the rest means nothing, as a weight is NaN or infinite
};

/// Where a layer's float weights are read, a few columns at a time: they need not be in memory as a
/// whole.
class WeightColumns {
 public:
  virtual ~WeightColumns() = default;
  /// Columns [first, first + count), each [segments][depth]. Valid until the next call.
  virtual std::span<const float> read(std::size_t first, std::size_t count) = 0;
};

/// Quantizes to the longest chain up to `max_chain` that costs the layer at most `loss_budget_db`
/// of weight precision against scale = max|w| / 127, by enlarging single columns' scales until the
/// chain's condition holds. `max_chain` 0 asks for no condition. Weights are rounded so that their
/// errors cancel within each kernel and column (kernels/weight_rounding.hpp); the weights of one
/// kernel are `channels` apart.
QuantizedWeights quantize_weights(const FloatKernels& kernels, WeightColumns& weights,
                                  const WeightShape& shape, std::size_t channels, int max_chain,
                                  float loss_budget_db);
/// The same for weights that are all in memory.
QuantizedWeights quantize_weights(const FloatKernels& kernels, std::span<const float> weights,
                                  const WeightShape& shape, std::size_t channels, int max_chain,
                                  float loss_budget_db);

struct ChainSplit;

/// Float weights in panels: [panel][segment * depth + k][kPanelWidth], zeros behind the last
/// column.
class PackedFloat {
 public:
  /// Packs shape.columns columns from `first` on.
  PackedFloat(WeightColumns& weights, std::size_t first, const WeightShape& shape);
  PackedFloat(std::span<const float> weights, const WeightShape& shape);

  /// Fills in b, columns and depth.
  void bind(FloatProduct& product) const;
  [[nodiscard]] std::size_t bytes() const { return data_.bytes(); }

 private:
  WeightShape shape_;
  AlignedBuffer<float> data_;
};

/// Int8 weights in panels: [panel][segment][packed_depth / 4][kPanelWidth][4], zeros as filling,
/// with the fastest exact method of each panel, which may split a few groups of weights off. Any
/// values in [-128, 127] pack; correctness never depends on them, speed does.
class PackedInt8 {
 public:
  PackedInt8(std::span<const std::int8_t> values, const WeightShape& shape);

  /// Fills in b, compensation, column_sums, methods, residuals, columns, depth and packed_depth.
  void bind(Int8Product& product) const;
  [[nodiscard]] std::size_t bytes() const;
  [[nodiscard]] std::span<const Int8Method> methods() const { return methods_; }
  /// Groups of weights that were split off, in all panels.
  [[nodiscard]] std::size_t residual_groups() const { return residual_groups_.size(); }

 private:
  void pack_panel(std::span<const std::int8_t> values, std::size_t panel);
  void pack_residual(const ChainSplit& split, std::size_t panel);

  WeightShape shape_;
  std::size_t packed_depth_ = 0;
  std::size_t compensation_stride_ = 0;
  AlignedBuffer<std::int8_t> data_;
  AlignedBuffer<std::int16_t> compensation_;
  AlignedBuffer<std::int32_t> column_sums_;
  std::vector<Int8Method> methods_;
  std::vector<std::uint32_t> residual_ends_;
  std::vector<std::uint32_t> residual_groups_;
  AlignedBuffer<std::int8_t> residual_data_;
  AlignedBuffer<std::int32_t> residual_sums_;
};

}  // namespace octavo::kernels
