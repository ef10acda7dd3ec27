#include <algorithm>
#include <array>

#include "runtime/concat.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/ranges.hpp"
#include "runtime/ops/strided_copy.hpp"

namespace octavo::ops {
namespace {

/// Lines and columns of a tile: for four-byte elements, a cache line each way.
constexpr std::int64_t kTile = 16;

/// A plane of the output in which neither order is contiguous: element (line, column) comes from
/// in[line + column * in_stride] and goes to out[line * out_stride + column].
struct Plane {
  std::int64_t lines = 1, columns = 1;
  std::int64_t in_stride = 1, out_stride = 1;

  /// Lines that are moved at a time.
  [[nodiscard]] std::int64_t block() const { return columns <= 4 ? 16 * kTile : kTile; }
  [[nodiscard]] std::int64_t blocks() const { return (lines + block() - 1) / block(); }
};

/// Moves a full tile through a buffer: both tensors are touched a whole cache line at a time, so
/// that strides of a power of two, whose lines share a cache set, cost nothing extra.
template <class T>
void move_tile(const T* in, const Plane& plane, T* out) {
  std::array<T, kTile * kTile> tile;
  for (std::int64_t column = 0; column < kTile; ++column) {
    for (std::int64_t line = 0; line < kTile; ++line) {
      tile[static_cast<std::size_t>(line * kTile + column)] = in[column * plane.in_stride + line];
    }
  }
  for (std::int64_t line = 0; line < kTile; ++line) {
    std::copy_n(tile.data() + line * kTile, kTile, out + line * plane.out_stride);
  }
}

/// Lines of a plane with so few columns, the colours of an image, that each is a few moves.
template <std::size_t Columns, class T>
void move_narrow_lines(const T* in, const Plane& plane, std::int64_t lines, T* out) {
  std::array<const T*, Columns> columns;
  for (std::size_t column = 0; column < Columns; ++column) {
    columns[column] = in + static_cast<std::int64_t>(column) * plane.in_stride;
  }
  for (std::int64_t line = 0; line < lines; ++line, out += plane.out_stride) {
    for (std::size_t column = 0; column < Columns; ++column) out[column] = columns[column][line];
  }
}

/// Up to a block of lines of a plane.
template <class T>
void move_lines(const T* in, const Plane& plane, std::int64_t lines, T* out) {
  if (plane.columns == 3) return move_narrow_lines<3>(in, plane, lines, out);
  if (plane.columns == 4) return move_narrow_lines<4>(in, plane, lines, out);
  std::int64_t column = 0;
  if (lines == kTile) {
    for (; column + kTile <= plane.columns; column += kTile) {
      move_tile(in + column * plane.in_stride, plane, out + column);
    }
  }
  for (std::int64_t line = 0; line < lines; ++line) {
    for (std::int64_t k = column; k < plane.columns; ++k) {
      out[line * plane.out_stride + k] = in[k * plane.in_stride + line];
    }
  }
}

using PlaneLoops = StridedLoops<2>;

/// Transposed planes, cut into blocks of lines.
template <class T>
class TransposeStep final : public Step {
 public:
  TransposeStep(const Plane& plane, PlaneLoops blocks)
      : plane_(plane), blocks_(std::move(blocks)) {}

  void run(const StepMemory& memory, Workers& workers) override {
    const T* in = memory.input<T>(0);
    T* out = memory.output<T>(0);
    const auto blocks_per_plane = static_cast<std::size_t>(plane_.blocks());
    const auto block_size = static_cast<std::size_t>(plane_.block() * plane_.columns);
    for_ranges(workers, blocks_.size(), block_size, [&](std::size_t begin, std::size_t end) {
      blocks_.for_each(begin, end, [&](std::size_t block, const PlaneLoops::Offsets& offsets) {
        const auto first = static_cast<std::int64_t>(block % blocks_per_plane) * plane_.block();
        move_lines(in + offsets[0], plane_, std::min(plane_.block(), plane_.lines - first),
                   out + offsets[1]);
      });
    });
  }
  [[nodiscard]] bool passes_extrema() const override { return true; }
  [[nodiscard]] std::string kernel() const override { return "transpose"; }

 private:
  Plane plane_;
  PlaneLoops blocks_;
};

std::vector<std::size_t> permutation(const NodeView& node) {
  const std::size_t rank = node.shape(0).size();
  std::vector<std::int64_t> reversed(rank);
  for (std::size_t i = 0; i < rank; ++i) reversed[i] = static_cast<std::int64_t>(rank - 1 - i);
  const std::vector<std::int64_t> given = node.integers("perm", std::move(reversed));
  std::vector<std::size_t> perm;
  std::vector<bool> seen(rank);
  for (const std::int64_t axis : given) {
    perm.push_back(node.axis(axis, rank));
    seen[perm.back()] = true;
  }
  if (given.size() != rank || std::ranges::find(seen, false) != seen.end()) {
    node.fail(ErrorCode::invalid_graph,
              concat({"perm ", Shape(given), " is no permutation of ", rank, " dimensions"}));
  }
  return perm;
}

void infer(InferContext& node) {
  Shape shape;
  for (const std::size_t axis : permutation(node)) shape.push_back(node.shape(0)[axis]);
  node.set_output(0, node.input(0).type, std::move(shape));
}

std::unique_ptr<Step> prepare(const NodeView& node, const PlanContext&) {
  const std::size_t element_bytes = size_of(node.input(0).type);
  const Shape& in = node.shape(0);
  const std::vector<std::int64_t> strides = row_major_strides(in);
  std::vector<CopyLoops::Loop> dimensions;
  for (const std::size_t axis : permutation(node)) {
    dimensions.push_back({in[axis], {strides[axis]}});
  }
  CopyLoops loops(node, dimensions);
  if (loops.inner().strides[0] == 1 || element_count(in) <= 1) {
    return make_strided_copy(std::move(loops), 0, element_bytes);
  }

  Plane plane{1, loops.inner().extent, loops.inner().strides[0], loops.inner().extent};
  std::vector<PlaneLoops::Loop> outer;
  std::int64_t out_stride = plane.columns;
  for (std::size_t i = loops.loops().size() - 1; i-- > 0;) {
    const auto& [extent, in_strides] = loops.loops()[i];
    if (in_strides[0] == 1) {
      plane.lines = extent;
      plane.out_stride = out_stride;
    } else {
      outer.insert(outer.begin(), {extent, {in_strides[0], out_stride}});
    }
    out_stride *= extent;
  }
  outer.push_back({plane.blocks(), {plane.block(), plane.block() * plane.out_stride}});
  return with_bytes(element_bytes, [&](auto element) -> std::unique_ptr<Step> {
    return std::make_unique<TransposeStep<decltype(element)>>(plane, PlaneLoops(node, outer));
  });
}

}  // namespace

const Operator& Transpose_operator() {
  static const Operator op{1, 1, 1, {"perm"}, LayoutRule::row_major, infer, prepare, kAnyType};
  return op;
}

}  // namespace octavo::ops
