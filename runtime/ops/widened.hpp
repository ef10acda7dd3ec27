#pragma once

#include <cstdint>
#include <memory>

#include "runtime/ops/operator.hpp"

/// Operators on all number types that compute the narrow ones in a wide one: a third of the machine
/// code, for types that few models use.
namespace octavo::ops {

/// Which tensors of a node have the type of input 0 and are computed in the wide one.
struct WidenedTensors {
  std::uint32_t inputs = ~0U;  ///< bit i: input i; bit 31: all from there on
  bool output = true;          ///< output 0
};

/// `step`, made for int64, as a step for the type of the node's input 0. What comes out wraps.
std::unique_ptr<Step> widened(const NodeView& node, std::unique_ptr<Step> step,
                              const WidenedTensors& tensors);

/// Calls `make` with a float, a uint64 or, for all other integers and booleans, an int64, in which
/// they are computed; it returns the step for that type.
template <class Make>
std::unique_ptr<Step> with_wide_number(const NodeView& node, const WidenedTensors& tensors,
                                       const Make& make) {
  switch (node.input(0).type) {
    case DataType::float32:
      return make(float{});
    case DataType::uint64:
      return make(std::uint64_t{});
    case DataType::int64:
      return make(std::int64_t{});
    default:
      return widened(node, make(std::int64_t{}), tensors);
  }
}

}  // namespace octavo::ops
