#pragma once

#include <cstddef>
#include <memory>

#include "runtime/ops/operator.hpp"

namespace octavo::ops {

/// A product of the rows of a matrix, [rows][depth] -> [rows][columns]: a Linear, or a convolution
/// whose kernel is one tap that visits every position.
struct RowProductShape {
  std::size_t rows, depth, columns;
  std::size_t samples;  ///< that RangeScope::row gives ranges of their own; a divisor of `rows`
};

/// A step in the context's precision. The node's weights are [columns, depth], or that with spatial
/// extents of 1.
std::unique_ptr<Step> make_row_product(const NodeView& node, const PlanContext& context,
                                       const RowProductShape& shape);

}  // namespace octavo::ops
