#include <cmath>
#include <type_traits>

#include "runtime/concat.hpp"
#include "runtime/ops/element_type.hpp"
#include "runtime/ops/elementwise.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/widened.hpp"

/// Functions of two tensors that have no kernel of their own.
namespace octavo::ops {
namespace {

/// In the type of the base; integers go through double and are cut off.
template <class X, class Y>
struct Power {
  X operator()(X x, Y y) const {
    if constexpr (std::is_same_v<X, float>) {
      return std::pow(x, static_cast<float>(y));
    } else {
      return convert<X>(std::pow(static_cast<double>(x), static_cast<double>(y)));
    }
  }
};

/// The remainder with the sign of the divisor, as in Python; 0 for the divisor 0.
template <class T>
struct Modulus {
  T operator()(T x, T y) const {
    if (y == 0) return T{0};
    if constexpr (std::is_signed_v<T>) {
      if (y == -1) return T{0};  // the remainder of the lowest value would overflow
    }
    const auto rest = static_cast<T>(x % y);
    const bool other_sign = rest != 0 && (rest < 0) != (y < 0);
    return other_sign ? static_cast<T>(rest + y) : rest;
  }
};

/// The remainder with the sign of the dividend, as in C.
template <class T>
struct Remainder {
  T operator()(T x, T y) const {
    if constexpr (std::is_floating_point_v<T>) {
      return std::fmod(x, y);
    } else {
      if (y == 0) return T{0};
      if constexpr (std::is_signed_v<T>) {
        if (y == -1) return T{0};
      }
      return static_cast<T>(x % y);
    }
  }
};

struct Slope {
  float operator()(float x, float slope) const { return x < 0.0F ? slope * x : x; }
};

void infer_power(InferContext& node) {
  const DataType exponent = node.input(1).type;
  if (exponent != DataType::int32 && exponent != DataType::int64) {
    node.require_type(1, DataType::float32);
  }
  node.set_output(0, node.input(0).type, broadcast(node, node.shape(0), node.shape(1)));
}

template <class X>
std::unique_ptr<Step> power_step(const NodeView& node) {
  switch (node.input(1).type) {
    case DataType::int32:
      return make_broadcast_step(node, broadcast_row<X, std::int32_t, X, Power<X, std::int32_t>>);
    case DataType::int64:
      return make_broadcast_step(node, broadcast_row<X, std::int64_t, X, Power<X, std::int64_t>>);
    default:
      return make_broadcast_step(node, broadcast_row<X, float, X, Power<X, float>>);
  }
}

std::unique_ptr<Step> prepare_power(const NodeView& node, const PlanContext&) {
  switch (node.input(0).type) {
    case DataType::int32:
      return power_step<std::int32_t>(node);
    case DataType::int64:
      return power_step<std::int64_t>(node);
    default:
      return power_step<float>(node);
  }
}

void infer_modulus(InferContext& node) {
  const DataType type = node.input(0).type;
  node.require_type(1, type);
  if (type == DataType::float32 && node.integer("fmod", 0) == 0) {
    node.fail(ErrorCode::invalid_graph, "fmod is 0, but real numbers need 1");
  }
  node.set_output(0, type, broadcast(node, node.shape(0), node.shape(1)));
}

std::unique_ptr<Step> prepare_modulus(const NodeView& node, const PlanContext&) {
  const bool as_in_c = node.integer("fmod", 0) != 0;
  return with_wide_number(node, {}, [&](auto element) {
    using T = decltype(element);
    if constexpr (std::is_integral_v<T>) {
      if (!as_in_c) return make_broadcast_step(node, broadcast_row<T, T, T, Modulus<T>>);
    }
    return make_broadcast_step(node, broadcast_row<T, T, T, Remainder<T>>);
  });
}

void infer_prelu(InferContext& node) {
  node.require_type(1, DataType::float32);
  const Shape& shape = node.shape(0);
  if (broadcast(node, shape, node.shape(1)) != shape) {
    node.fail(ErrorCode::invalid_graph, concat({"slope has shape ", node.shape(1),
                                                ", expected one that broadcasts to ", shape}));
  }
  node.set_output(0, DataType::float32, shape);
}

std::unique_ptr<Step> prepare_prelu(const NodeView& node, const PlanContext&) {
  return make_broadcast_step(node, broadcast_row<float, float, float, Slope>);
}

}  // namespace

const Operator& Mod_operator() {
  static const Operator op{
      2, 2, 1, {"fmod"}, LayoutRule::elementwise, infer_modulus, prepare_modulus, kNumbers};
  return op;
}

const Operator& PRelu_operator() {
  static const Operator op{2, 2, 1, {}, LayoutRule::elementwise, infer_prelu, prepare_prelu};
  return op;
}

const Operator& Pow_operator() {
  static const Operator op{2,
                           2,
                           1,
                           {},
                           LayoutRule::elementwise,
                           infer_power,
                           prepare_power,
                           type_set({DataType::float32, DataType::int32, DataType::int64})};
  return op;
}

}  // namespace octavo::ops
