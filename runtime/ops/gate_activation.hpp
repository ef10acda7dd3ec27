#pragma once

#include <string_view>
#include <vector>

#include "kernels/kernels.hpp"
#include "runtime/ops/operator.hpp"

namespace octavo::ops {

/// An activation function of a recurrent layer.
class GateActivation {
 public:
  using Function = float (*)(float x, float alpha, float beta);

  /// In place.
  void apply(const kernels::KernelTable& table, float* x, std::size_t n) const;

  bool has_kernel = false;
  kernels::UnaryMethod method = kernels::UnaryMethod::tanh;
  Function function = nullptr;
  float alpha = 0.0F, beta = 0.0F;
};

/// The functions of all directions, `defaults` for each where the attribute `activations` is not
/// given; both are names with commas between them. activation_alpha and activation_beta belong to
/// the functions that take such a number, in order. Throws Error naming the node.
std::vector<GateActivation> gate_activations(const NodeView& node, std::size_t directions,
                                             std::string_view defaults);

}  // namespace octavo::ops
