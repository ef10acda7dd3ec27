#pragma once

#include <cstdint>

#include "runtime/ops/operator.hpp"
#include "runtime/ops/tile_grid.hpp"

/// Products of two matrices that are both computed while running.
namespace octavo::ops {

/// [rows, depth] by [depth, columns].
struct MatrixShape {
  std::size_t rows = 1, depth = 0, columns = 1;

  [[nodiscard]] std::size_t panels() const {
    return (columns + kernels::kPanelWidth - 1) / kernels::kPanelWidth;
  }
  [[nodiscard]] std::size_t packed_size() const { return panels() * depth * kernels::kPanelWidth; }
  [[nodiscard]] std::uint64_t macs() const { return std::uint64_t{rows} * depth * columns; }
};

/// A right operand in any order: element (k, n) lies at data[k * row_stride + n * column_stride].
struct RightOperand {
  const float* data;
  std::size_t row_stride, column_stride;
  float factor = 1.0F;  ///< multiplied to every element
};

/// Writes panels [begin, end) as PackedFloat lays them out (kernels/packing.hpp).
void pack(const MatrixShape& shape, const RightOperand& b, std::size_t begin, std::size_t end,
          float* packed);

/// The product of row-major `a` and a packed right operand.
kernels::FloatProduct product_of(const MatrixShape& shape, const float* a, const float* packed,
                                 float* out);

/// Packs b and multiplies, on all threads. `packed` has room for packed_size() floats.
void multiply(const kernels::KernelTable& table, const MatrixShape& shape, const TileGrid& grid,
              const float* a, const RightOperand& b, float* packed, float* out, Workers& workers);

}  // namespace octavo::ops
