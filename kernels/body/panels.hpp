#pragma once

#include <cstddef>

#include "kernels/body/rows.hpp"
#include "kernels/kernels.hpp"
#include "kernels/simd.hpp"

/// Walking through the panels of a product's tile.
namespace octavo::kernels {
namespace {

/// The panels that are multiplied together: two where a panel is a single batch, so that an element
/// of a, once loaded, serves two products. CPUs load no faster than they multiply.
template <class A>
inline constexpr std::size_t kPanelsAtOnce = simd::lanes<float, A> == kPanelWidth ? 2 : 1;

/// Calls multiply(panel, count) for the panels of a tile, at most `AtOnce` at a time.
template <std::size_t AtOnce, class Multiply>
[[gnu::always_inline]] inline void for_each_panels(const Tile& tile, const Multiply& multiply) {
  for (std::size_t panel = tile.panel_begin; panel < tile.panel_end; panel += AtOnce) {
    const std::size_t left = tile.panel_end - panel;
    multiply(panel, left < AtOnce ? left : AtOnce);
  }
}

/// Walks a product's tile in blocks of rows that fit the cache: multiply(block, panel, count) for
/// the panels of each. A Block knows how many rows it holds at most and where they start.
template <class Block, std::size_t AtOnce, class Product, class Multiply>
[[gnu::always_inline]] inline void for_each_block(const Product& p, const Tile& tile,
                                                  const Multiply& multiply) {
  Block block;
  const EvenSplit split(tile.row_end - tile.row_begin, Block::largest(p));
  std::size_t row = tile.row_begin;
  for (std::size_t part = 0; part < split.parts(); ++part) {
    block.fill(p, row, split.size(part));
    for_each_panels<AtOnce>(
        tile, [&](std::size_t panel, std::size_t count) { multiply(block, panel, count); });
    row += block.rows;
  }
}

}  // namespace
}  // namespace octavo::kernels
