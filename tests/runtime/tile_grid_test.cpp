#include "runtime/ops/tile_grid.hpp"

#include <cstddef>
#include <vector>

#include <doctest/doctest.h>

namespace octavo {
namespace {

constexpr std::uint64_t kManyMacs = 1'000'000'000;

TEST_CASE("the tiles of a grid hold every row of every panel once, and never a few rows") {
  constexpr std::size_t kFewRows = 4;
  for (const std::size_t threads : {1, 2, 3, 4, 16}) {
    for (const std::size_t panels : {1, 3, 16, 65}) {
      for (std::size_t rows = 1; rows < 2500; rows = rows < 400 ? rows + 1 : rows + 7) {
        CAPTURE(threads);
        CAPTURE(panels);
        CAPTURE(rows);
        const TileGrid grid(rows, panels, kManyMacs, threads);
        std::vector<int> covered(rows * panels);
        for (std::size_t i = 0; i < grid.size(); ++i) {
          const kernels::Tile tile = grid.tile(i);
          const bool enough = tile.row_end - tile.row_begin >= kFewRows || rows < kFewRows;
          REQUIRE(enough);
          for (std::size_t row = tile.row_begin; row < tile.row_end; ++row) {
            for (std::size_t panel = tile.panel_begin; panel < tile.panel_end; ++panel) {
              ++covered[row * panels + panel];
            }
          }
        }
        REQUIRE(covered == std::vector<int>(rows * panels, 1));
      }
    }
  }
}

TEST_CASE("a grid without work to share, or without rows, is one tile or none") {
  CHECK(TileGrid(1000, 16, 1000, 4).size() == 1);
  CHECK(TileGrid(1000, 16, kManyMacs, 1).size() == 1);
  CHECK(TileGrid(0, 16, 0, 4).size() == 0);
}

}  // namespace
}  // namespace octavo
