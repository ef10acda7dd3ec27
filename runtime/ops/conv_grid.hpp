#pragma once

#include <cstddef>

#include "runtime/ops/conv_shape.hpp"
#include "runtime/ops/tile_grid.hpp"

namespace octavo::ops {

/// How the product of each group of a convolution is divided among threads.
inline TileGrid make_grid(const ConvShape& shape, std::size_t threads) {
  return {shape.rows(), shape.weights(false).panels(), shape.macs(), threads};
}

}  // namespace octavo::ops
