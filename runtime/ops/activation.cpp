#include "runtime/ops/activation.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/concat.hpp"

namespace octavo::ops {
namespace {

using kernels::UnaryMethod;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

constexpr std::array kNames = {
    std::pair{UnaryMethod::clamp, std::string_view("clamp")},
    std::pair{UnaryMethod::leaky_relu, std::string_view("leaky_relu")},
    std::pair{UnaryMethod::sigmoid, std::string_view("sigmoid")},
    std::pair{UnaryMethod::tanh, std::string_view("tanh")},
    std::pair{UnaryMethod::exponential, std::string_view("exponential")},
    std::pair{UnaryMethod::hard_sigmoid, std::string_view("hard_sigmoid")},
    std::pair{UnaryMethod::hard_swish, std::string_view("hard_swish")},
    std::pair{UnaryMethod::silu, std::string_view("silu")},
    std::pair{UnaryMethod::gelu, std::string_view("gelu")},
    std::pair{UnaryMethod::negate, std::string_view("negate")},
    std::pair{UnaryMethod::absolute, std::string_view("absolute")},
    std::pair{UnaryMethod::square_root, std::string_view("square_root")},
};

/// A constant bound of Clip; `otherwise` when it is left out.
float clip_bound(const NodeView& node, std::size_t index, std::string_view what, float otherwise) {
  if (!node.has_input(index)) return otherwise;
  return node.require_constant(index, what).as<float>()[0];
}

}  // namespace

bool is_kernel_function(const NodeView& node) {
  switch (node.node().op) {
    case Op::Abs:
    case Op::Clip:
    case Op::Exp:
    case Op::HardSigmoid:
    case Op::HardSwish:
    case Op::LeakyRelu:
    case Op::Neg:
    case Op::Relu:
    case Op::Sigmoid:
    case Op::Sqrt:
    case Op::Tanh:
      return true;
    case Op::Gelu:
      return node.text("approximate", "none") == "none";
    case Op::Swish:
      return node.real("alpha", 1.0F) == 1.0F;
    default:
      return false;
  }
}

kernels::Activation function_of(const NodeView& node) {
  switch (node.node().op) {
    case Op::Abs:
      return {UnaryMethod::absolute};
    case Op::Clip:
      return {UnaryMethod::clamp, clip_bound(node, 1, "min", -kInfinity),
              clip_bound(node, 2, "max", kInfinity)};
    case Op::Exp:
      return {UnaryMethod::exponential};
    case Op::Gelu:
      return {UnaryMethod::gelu};
    case Op::HardSigmoid:
      return {UnaryMethod::hard_sigmoid, node.real("alpha", 0.2F), node.real("beta", 0.5F)};
    case Op::HardSwish:
      return {UnaryMethod::hard_swish};
    case Op::LeakyRelu:
      return {UnaryMethod::leaky_relu, node.real("alpha", 0.01F)};
    case Op::Neg:
      return {UnaryMethod::negate};
    case Op::Relu:
      return {UnaryMethod::clamp, 0.0F};
    case Op::Sigmoid:
      return {UnaryMethod::sigmoid};
    case Op::Sqrt:
      return {UnaryMethod::square_root};
    case Op::Swish:
      return {UnaryMethod::silu};
    case Op::Tanh:
      return {UnaryMethod::tanh};
    default:
      node.fail(ErrorCode::unsupported, "is not a function of one input");
  }
}

kernels::Activation fused_activation(const NodeView& product) {
  kernels::Activation activation;
  const std::string name = product.text("activation", "clamp");
  const auto* const found = std::ranges::find(kNames, name, &decltype(kNames)::value_type::second);
  if (found == kNames.end()) {
    product.fail(ErrorCode::invalid_graph, concat({"activation '", name, "' is not known"}));
  }
  activation.method = found->first;
  activation.alpha = product.real("activation_alpha", activation.alpha);
  activation.beta = product.real("activation_beta", activation.beta);
  return activation;
}

void set_fused_activation(Node& product, const kernels::Activation& activation) {
  const auto* const found =
      std::ranges::find(kNames, activation.method, &decltype(kNames)::value_type::first);
  product.attributes["activation"] = std::string(found->second);
  if (activation.alpha != -kInfinity) product.attributes["activation_alpha"] = activation.alpha;
  if (activation.beta != kInfinity) product.attributes["activation_beta"] = activation.beta;
}

bool has_fused_activation(const Node& product) {
  return product.attributes.contains("activation");
}

}  // namespace octavo::ops
