#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/kernels.hpp"
#include "runtime/plan/workers.hpp"

namespace octavo {

/// A product cut into tiles for threads: along its rows where there are enough of them to read all
/// weights once more in each tile, else along its panels.
class TileGrid {
 public:
  struct Split {
    std::size_t min_rows = 48;         ///< of a tile; with fewer, panels are split
    std::size_t row_multiple = 12;     ///< tiles but the last hold a multiple of it
    std::size_t tiles_per_thread = 2;  ///< more than one evens out threads that were held up
  };

  TileGrid(std::size_t rows, std::size_t panels, std::uint64_t macs, std::size_t threads)
      : TileGrid(rows, panels, macs, threads, Split()) {}
  TileGrid(std::size_t rows, std::size_t panels, std::uint64_t macs, std::size_t threads,
           const Split& split)
      : rows_(rows),
        panels_(panels),
        rows_per_tile_(std::max<std::size_t>(rows, 1)),
        panels_per_tile_(std::max<std::size_t>(panels, 1)) {
    if (threads > 1 && macs >= kMinMacs) cut(split, threads * split.tiles_per_thread);
    extrema_.resize(size());
  }

  [[nodiscard]] std::size_t size() const { return row_tiles() * panel_tiles(); }

  /// Whether every tile holds all panels of its rows.
  [[nodiscard]] bool splits_rows_only() const { return panel_tiles() == 1; }

  /// Calls multiply(tile, its index) for all tiles and merges the extremes that it returns.
  template <class Multiply>
  kernels::Extrema run(Workers& workers, const Multiply& multiply) {
    workers.for_each(size(), [&](std::size_t i) noexcept { extrema_[i] = multiply(tile(i), i); });
    kernels::Extrema all;
    for (const kernels::Extrema& part : extrema_) all.merge(part);
    return all;
  }

  [[nodiscard]] kernels::Tile tile(std::size_t index) const {
    const std::size_t row = index / panel_tiles() * rows_per_tile_;
    const std::size_t panel = index % panel_tiles() * panels_per_tile_;
    const bool last = index / panel_tiles() + 1 == row_tiles();
    return {row, last ? rows_ : row + rows_per_tile_, panel,
            std::min(panels_, panel + panels_per_tile_)};
  }

 private:
  /// Below this, waking a thread costs more than it saves.
  static constexpr std::uint64_t kMinMacs = 200'000;
  static constexpr std::size_t kFewRows = 4;

  void cut(const Split& split, std::size_t wanted) {
    if (rows_ >= wanted * split.min_rows || panels_ < wanted) {
      const std::size_t multiple = split.row_multiple;
      rows_per_tile_ = divided_up(divided_up(rows_, wanted), multiple) * multiple;
    } else {
      panels_per_tile_ = panels_ / wanted;
    }
  }
  static std::size_t divided_up(std::size_t n, std::size_t by) { return (n + by - 1) / by; }
  /// Kernels sum the floats of a few rows in another order: a rest that small is no tile of its
  /// own.
  [[nodiscard]] std::size_t row_tiles() const {
    const std::size_t whole = rows_ / rows_per_tile_;
    return rows_ % rows_per_tile_ < kFewRows && whole > 0 ? whole
                                                          : divided_up(rows_, rows_per_tile_);
  }
  [[nodiscard]] std::size_t panel_tiles() const { return divided_up(panels_, panels_per_tile_); }

  std::size_t rows_;
  std::size_t panels_;
  std::size_t rows_per_tile_;
  std::size_t panels_per_tile_;
  std::vector<kernels::Extrema> extrema_;  ///< per tile
};

}  // namespace octavo
