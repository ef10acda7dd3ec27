#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/kernels.hpp"
#include "runtime/plan/workers.hpp"

namespace octavo {

/// A product cut into tiles of even shares for threads: along its rows where there are enough of
/// them to read all weights once more in each tile, else along its panels.
class TileGrid {
 public:
  struct Split {
    std::size_t min_rows = 48;         ///< of a tile; with fewer, panels are split
    std::size_t row_multiple = 6;      ///< tiles but the last hold a multiple of it
    std::size_t tiles_per_thread = 2;  ///< more than one evens out threads that were held up
  };

  TileGrid(std::size_t rows, std::size_t panels, std::uint64_t macs, std::size_t threads)
      : TileGrid(rows, panels, macs, threads, Split()) {}
  TileGrid(std::size_t rows, std::size_t panels, std::uint64_t macs, std::size_t threads,
           const Split& split)
      : rows_(rows), panels_(panels), row_multiple_(split.row_multiple) {
    if (rows == 0 || panels == 0) {
      row_tiles_ = 0;
    } else if (threads > 1 && macs >= kMinMacs) {
      const std::size_t wanted = threads * split.tiles_per_thread;
      if (rows >= wanted * split.min_rows) {
        row_tiles_ = wanted;
      } else if (panels >= wanted) {
        panel_tiles_ = wanted;
      } else {
        row_tiles_ = std::clamp<std::size_t>(rows / row_multiple_, 1, wanted);
      }
    }
    extrema_.resize(size());
  }

  [[nodiscard]] std::size_t size() const { return row_tiles_ * panel_tiles_; }

  /// Whether every tile holds all panels of its rows.
  [[nodiscard]] bool splits_rows_only() const { return panel_tiles_ == 1; }

  /// Calls multiply(tile, its index) for all tiles and merges the extremes that it returns.
  template <class Multiply>
  kernels::Extrema run(Workers& workers, const Multiply& multiply) {
    workers.for_each(size(), [&](std::size_t i) noexcept { extrema_[i] = multiply(tile(i), i); });
    kernels::Extrema all;
    for (const kernels::Extrema& part : extrema_) all.merge(part);
    return all;
  }

  [[nodiscard]] kernels::Tile tile(std::size_t index) const {
    const std::size_t row = index / panel_tiles_;
    const std::size_t panel = index % panel_tiles_;
    return {row_begin(row), row_begin(row + 1), panels_ * panel / panel_tiles_,
            panels_ * (panel + 1) / panel_tiles_};
  }

 private:
  /// Below this, waking a thread costs more than it saves.
  static constexpr std::uint64_t kMinMacs = 200'000;

  /// A rest goes to the last tile: kernels sum the floats of a few rows in another order, so that
  /// they must not become tiles of their own.
  [[nodiscard]] std::size_t row_begin(std::size_t tile) const {
    return tile == row_tiles_ ? rows_ : rows_ / row_multiple_ * tile / row_tiles_ * row_multiple_;
  }

  std::size_t rows_;
  std::size_t panels_;
  std::size_t row_multiple_;
  std::size_t row_tiles_ = 1;
  std::size_t panel_tiles_ = 1;
  std::vector<kernels::Extrema> extrema_;  ///< per tile
};

}  // namespace octavo
