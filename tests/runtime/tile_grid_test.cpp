#include "runtime/ops/tile_grid.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

namespace octavo {
namespace {

constexpr std::uint64_t kManyMacs = 1'000'000'000;

TEST_CASE(
    "the tiles of a grid hold every row of every panel once, in even shares of more than a few "
    "rows") {
  constexpr std::size_t kFewRows = 4;
  constexpr std::size_t kRowMultiple = 6;
  for (const std::size_t threads : {1, 2, 3, 4, 16}) {
    for (const std::size_t panels : {1, 3, 16, 65}) {
      for (std::size_t rows = 1; rows < 2500; rows = rows < 400 ? rows + 1 : rows + 7) {
        CAPTURE(threads);
        CAPTURE(panels);
        CAPTURE(rows);
        const TileGrid grid(rows, panels, kManyMacs, threads);
        std::vector<int> covered(rows * panels);
        std::size_t least = rows;
        std::size_t most = 0;
        for (std::size_t i = 0; i < grid.size(); ++i) {
          const kernels::Tile tile = grid.tile(i);
          least = std::min(least, tile.row_end - tile.row_begin);
          most = std::max(most, tile.row_end - tile.row_begin);
          for (std::size_t row = tile.row_begin; row < tile.row_end; ++row) {
            for (std::size_t panel = tile.panel_begin; panel < tile.panel_end; ++panel) {
              ++covered[row * panels + panel];
            }
          }
        }
        REQUIRE(least >= std::min(rows, kFewRows));
        REQUIRE(most - least < 2 * kRowMultiple);
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
