#pragma once

#include "kernels/kernels.hpp"
#include "runtime/ops/operator.hpp"

/// Functions of one element, as nodes of their own and fused into products. A product keeps its
/// function in the attributes `activation` (the name of a kernels::UnaryMethod), `activation_alpha`
/// and `activation_beta`.
namespace octavo::ops {

/// Whether a kernel computes what a node does: a function of one float.
bool is_kernel_function(const NodeView& node);

/// That function. Throws when it is none.
kernels::Activation function_of(const NodeView& node);

/// The function fused into a product; the identity when there is none.
kernels::Activation fused_activation(const NodeView& product);
void set_fused_activation(Node& product, const kernels::Activation& activation);
bool has_fused_activation(const Node& product);

}  // namespace octavo::ops
