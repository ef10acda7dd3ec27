#pragma once

#include <utility>

#include "runtime/ops/matmul_shape.hpp"
#include "runtime/ops/tile_grid.hpp"

namespace octavo::ops {

/// Products of equal shape, one behind the other in the output: where there are enough of them,
/// each thread takes its share of whole products; else all threads share each product.
class ProductBatch {
 public:
  using Loops = StridedLoops<2>;

  ProductBatch(const MatrixShape& shape, Loops loops, std::size_t threads)
      : shape_(shape),
        loops_(std::move(loops)),
        shares_(loops_.size() >= threads ? threads : 1),
        grid_(shape.rows, shape.panels(), shape.macs(), shares_ == 1 ? threads : 1) {}

  [[nodiscard]] const MatrixShape& shape() const { return shape_; }
  [[nodiscard]] std::size_t size() const { return loops_.size(); }
  /// The tiles of one product.
  [[nodiscard]] const TileGrid& grid() const { return grid_; }
  /// How many products are computed at once, each in scratch memory of its own.
  [[nodiscard]] std::size_t shares() const { return shares_; }

  /// What one product reads and writes, and who computes it.
  struct Part {
    std::int64_t a, b;  ///< offsets of the first elements
    std::size_t out;    ///< offset of the first element
    std::size_t share;  ///< below shares()
    Workers& workers;
  };

  /// Calls body(part) for every product.
  template <class Body>
  void for_each(Workers& workers, const Body& body) const {
    const std::size_t out_size = shape_.rows * shape_.columns;
    if (shares_ == 1) {
      loops_.for_each(0, size(), [&](std::size_t i, const Loops::Offsets& from) {
        body(Part{from[0], from[1], i * out_size, 0, workers});
      });
      return;
    }
    workers.for_each(shares_, [&](std::size_t share) {
      Workers alone(nullptr, 1);
      loops_.for_each(size() * share / shares_, size() * (share + 1) / shares_,
                      [&](std::size_t i, const Loops::Offsets& from) {
                        body(Part{from[0], from[1], i * out_size, share, alone});
                      });
    });
  }

 private:
  MatrixShape shape_;
  Loops loops_;
  std::size_t shares_;
  TileGrid grid_;
};

}  // namespace octavo::ops
