#include "runtime/ops/matrix_product.hpp"

#include <algorithm>
#include <cstring>

#include "runtime/ops/ranges.hpp"

namespace octavo::ops {

using kernels::kPanelWidth;

void pack(const MatrixShape& shape, const RightOperand& b, std::size_t begin, std::size_t end,
          float* packed) {
  for (std::size_t panel = begin; panel < end; ++panel) {
    const std::size_t column = panel * kPanelWidth;
    const std::size_t width = std::min(kPanelWidth, shape.columns - column);
    const bool as_it_is = width == kPanelWidth && b.column_stride == 1 && b.factor == 1.0F;
    for (std::size_t k = 0; k < shape.depth; ++k) {
      const float* from = b.data + k * b.row_stride + column * b.column_stride;
      float* to = packed + (panel * shape.depth + k) * kPanelWidth;
      if (as_it_is) {
        std::memcpy(to, from, kPanelWidth * sizeof(float));
        continue;
      }
      for (std::size_t n = 0; n < width; ++n) to[n] = from[n * b.column_stride] * b.factor;
      std::fill(to + width, to + kPanelWidth, 0.0F);
    }
  }
}

kernels::FloatProduct product_of(const MatrixShape& shape, const float* a, const float* packed,
                                 float* out) {
  kernels::FloatProduct product;
  product.a = a;
  product.rows = kernels::RowMap::matrix(static_cast<std::int64_t>(shape.rows),
                                         static_cast<std::int64_t>(shape.depth));
  product.depth = shape.depth;
  product.b = packed;
  product.columns = shape.columns;
  product.out = out;
  product.out_stride = shape.columns;
  return product;
}

void multiply(const kernels::KernelTable& table, const MatrixShape& shape, const TileGrid& grid,
              const float* a, const RightOperand& b, float* packed, float* out, Workers& workers) {
  for_ranges(workers, shape.panels(), shape.depth * kPanelWidth,
             [&](std::size_t begin, std::size_t end) { pack(shape, b, begin, end, packed); });
  const kernels::FloatProduct product = product_of(shape, a, packed, out);
  workers.for_each(grid.size(), [&](std::size_t i) { table.float_product(product, grid.tile(i)); });
}

}  // namespace octavo::ops
