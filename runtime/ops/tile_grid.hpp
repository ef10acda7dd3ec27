#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "kernels/kernels.hpp"
#include "runtime/plan/workers.hpp"

namespace octavo {

/// A product cut into tiles for threads: along its rows where there are enough of them, else along
/// its panels. Cuts fall on multiples of the kernels' row block, so that every tile but the last is
/// made of full blocks.
class TileGrid {
 public:
  TileGrid(std::size_t rows, std::size_t panels, std::uint64_t macs, std::size_t threads)
      : rows_(rows), panels_(panels) {
    if (threads > 1 && macs >= kMinMacs) split(threads * kTilesPerThread);
    extrema_.resize(size());
  }

  [[nodiscard]] std::size_t size() const { return row_tiles() * panel_tiles(); }

  /// Calls multiply(tile) for all tiles and merges the extremes that it returns.
  template <class Multiply>
  kernels::Extrema run(Workers& workers, const Multiply& multiply) {
    workers.for_each(size(), [&](std::size_t i) noexcept { extrema_[i] = multiply(tile(i)); });
    kernels::Extrema all;
    for (const kernels::Extrema& part : extrema_) all.merge(part);
    return all;
  }

  [[nodiscard]] kernels::Tile tile(std::size_t index) const {
    const std::size_t row = index / panel_tiles() * rows_per_tile();
    const std::size_t panel = index % panel_tiles() * panels_per_tile();
    return {row, std::min(rows_, row + rows_per_tile()), panel,
            std::min(panels_, panel + panels_per_tile())};
  }

 private:
  /// Below this, waking a thread costs more than it saves.
  static constexpr std::uint64_t kMinMacs = 200'000;
  static constexpr std::size_t kTilesPerThread = 2;
  static constexpr std::size_t kRowBlock = 6;

  void split(std::size_t wanted) {
    if (rows_ >= wanted * kRowBlock) {
      rows_per_tile_ = round_up((rows_ + wanted - 1) / wanted);
    } else {
      panels_per_tile_ = std::max<std::size_t>(1, panels_ / wanted);
    }
  }
  static std::size_t round_up(std::size_t n) { return (n + kRowBlock - 1) / kRowBlock * kRowBlock; }
  [[nodiscard]] std::size_t rows_per_tile() const {
    return rows_per_tile_ ? rows_per_tile_ : rows_;
  }
  [[nodiscard]] std::size_t panels_per_tile() const {
    return panels_per_tile_ ? panels_per_tile_ : panels_;
  }
  [[nodiscard]] std::size_t row_tiles() const {
    return (rows_ + rows_per_tile() - 1) / rows_per_tile();
  }
  [[nodiscard]] std::size_t panel_tiles() const {
    return (panels_ + panels_per_tile() - 1) / panels_per_tile();
  }

  std::size_t rows_;
  std::size_t panels_;
  std::size_t rows_per_tile_ = 0;          ///< 0: all
  std::size_t panels_per_tile_ = 0;        ///< 0: all
  std::vector<kernels::Extrema> extrema_;  ///< per tile
};

}  // namespace octavo
