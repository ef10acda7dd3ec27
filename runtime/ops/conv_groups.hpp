#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "runtime/ops/conv_shape.hpp"
#include "runtime/ops/tile_grid.hpp"

/// A convolution as one product per group.
namespace octavo::ops {

/// The weights of all groups, each of shape `group`, packed group by group.
template <class Packed, class T>
std::vector<Packed> pack_groups(std::span<const T> weights, const kernels::WeightShape& group) {
  std::vector<Packed> packed;
  for (std::size_t begin = 0; begin < weights.size(); begin += group.size()) {
    packed.emplace_back(weights.subspan(begin, group.size()), group);
  }
  return packed;
}

template <class Packed>
std::size_t packed_bytes(const std::vector<Packed>& groups) {
  std::size_t bytes = 0;
  for (const Packed& group : groups) bytes += group.bytes();
  return bytes;
}

inline TileGrid make_grid(const ConvShape& shape, std::size_t threads) {
  return {shape.rows(), shape.weights(false).panels(), shape.macs(), threads};
}

}  // namespace octavo::ops
