#pragma once

#include <memory>

#include "runtime/ops/operator.hpp"
#include "runtime/ops/product_batch.hpp"

namespace octavo::ops {

/// A MatMul whose operands are both quantized while the graph runs: every row of the left one by a
/// range of its own, which the layer's estimator chooses (or all by the layer's static range),
/// every column of the right one symmetrically by its largest magnitude, to kernels::kPanelLevels.
/// The operands are not empty.
std::unique_ptr<Step> make_int8_matmul(const NodeView& node, const PlanContext& context,
                                       ProductBatch batch);

}  // namespace octavo::ops
