#include <algorithm>
#include <string>

#include "runtime/concat.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/strided_copy.hpp"

/// Operators that repeat, reorder or blank elements.
namespace octavo::ops {
namespace {

constexpr std::int64_t kMostElements = std::int64_t{1} << 40U;

std::vector<std::int64_t> repeats_of(const NodeView& node) {
  const Shape& shape = node.shape(0);
  std::vector<std::int64_t> repeats = node.require_integers(1, "repeats");
  bool fits = repeats.size() == shape.size();
  for (const std::int64_t repeat : repeats) fits = fits && repeat >= 0 && repeat <= kMostElements;
  if (!fits) {
    node.fail(ErrorCode::invalid_graph,
              concat({"repeats ", Shape(repeats), " do not fit shape ", shape}));
  }
  return repeats;
}

void infer_tile(InferContext& node) {
  Shape shape = node.shape(0);
  const std::vector<std::int64_t> repeats = repeats_of(node);
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (repeats[i] != 0 && shape[i] > kMostElements / repeats[i]) {
      node.fail(ErrorCode::limit_exceeded, concat({"repeating ", node.shape(0), " ", repeats[i],
                                                   " times is more than 2^40 elements"}));
    }
    shape[i] *= repeats[i];
  }
  node.set_output(0, node.input(0).type, std::move(shape));
}

std::unique_ptr<Step> prepare_tile(const NodeView& node, const PlanContext&) {
  const Shape& shape = node.shape(0);
  const std::vector<std::int64_t> strides = row_major_strides(shape);
  const std::vector<std::int64_t> repeats = repeats_of(node);
  std::vector<CopyLoops::Loop> dimensions;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    dimensions.push_back({repeats[i], {0}});
    dimensions.push_back({shape[i], {strides[i]}});
  }
  return make_strided_copy(CopyLoops(node, dimensions), 0, size_of(node.input(0).type));
}

std::int64_t block_size(const NodeView& node) {
  const std::int64_t size = node.integer("blocksize", 0);
  if (size < 1 || size > kMostElements >> 20U) {
    node.fail(ErrorCode::invalid_graph, concat({"blocksize is ", size}));
  }
  return size;
}

void infer_depth_to_space(InferContext& node) {
  node.require_rank(0, 4);
  const Shape& in = node.shape(0);
  const std::int64_t b = block_size(node);
  const std::string mode = node.text("mode", "DCR");
  if (in[1] % (b * b) != 0 || (mode != "DCR" && mode != "CRD")) {
    node.fail(ErrorCode::invalid_graph,
              concat({"cannot make blocks of ", b, " from ", in, " in mode '", mode, "'"}));
  }
  if (in[2] > kMostElements / b || in[3] > kMostElements / b) {
    node.fail(ErrorCode::limit_exceeded, concat({"blocks of ", b, " are too large"}));
  }
  node.set_output(0, node.input(0).type, {in[0], in[1] / (b * b), in[2] * b, in[3] * b});
}

/// Output pixel (y * b + i, x * b + j) of channel c is input pixel (y, x) of channel
/// (i * b + j) * C + c (DCR) or (c * b + i) * b + j (CRD), C being the output's channels.
std::unique_ptr<Step> prepare_depth_to_space(const NodeView& node, const PlanContext&) {
  const Shape& in = node.shape(0);
  const std::int64_t b = block_size(node);
  const std::int64_t plane = in[2] * in[3];
  const std::int64_t channels = in[1] / (b * b);
  const bool depth_first = node.text("mode", "DCR") == "DCR";
  const std::int64_t channel = depth_first ? plane : b * b * plane;
  const std::int64_t column = depth_first ? channels * plane : plane;
  const CopyLoops loops(node, {{in[0], {in[1] * plane}},
                               {channels, {channel}},
                               {in[2], {in[3]}},
                               {b, {b * column}},
                               {in[3], {1}},
                               {b, {column}}});
  return make_strided_copy(loops, 0, size_of(node.input(0).type));
}

void infer_space_to_depth(InferContext& node) {
  node.require_rank(0, 4);
  const Shape& in = node.shape(0);
  const std::int64_t b = block_size(node);
  if (in[2] % b != 0 || in[3] % b != 0) {
    node.fail(ErrorCode::invalid_graph, concat({"cannot cut ", in, " into blocks of ", b}));
  }
  node.set_output(0, node.input(0).type, {in[0], in[1] * b * b, in[2] / b, in[3] / b});
}

std::unique_ptr<Step> prepare_space_to_depth(const NodeView& node, const PlanContext&) {
  const Shape& in = node.shape(0);
  const std::int64_t b = block_size(node);
  const std::int64_t plane = in[2] * in[3];
  const CopyLoops loops(node, {{in[0], {in[1] * plane}},
                               {b, {in[3]}},
                               {b, {1}},
                               {in[1], {plane}},
                               {in[2] / b, {b * in[3]}},
                               {in[3] / b, {b}}});
  return make_strided_copy(loops, 0, size_of(node.input(0).type));
}

/// Keeps the elements on and above (or below) a diagonal of every matrix, and blanks the others.
template <class T>
class TriangleStep final : public Step {
 public:
  TriangleStep(const Shape& shape, std::int64_t diagonal, bool upper)
      : columns_(shape.back()),
        rows_(shape[shape.size() - 2]),
        lines_(columns_ == 0 ? 0 : static_cast<std::int64_t>(element_count(shape)) / columns_),
        diagonal_(diagonal),
        upper_(upper) {}

  void run(const StepMemory& memory, Workers&) override {
    const T* x = memory.input<T>(0);
    T* out = memory.output<T>(0);
    for (std::int64_t line = 0; line < lines_; ++line) {
      const std::int64_t first = line % rows_ + diagonal_;
      for (std::int64_t column = 0; column < columns_; ++column, ++x, ++out) {
        *out = (upper_ ? column >= first : column <= first) ? *x : T{};
      }
    }
  }
  [[nodiscard]] std::string kernel() const override { return "copy"; }

 private:
  std::int64_t columns_, rows_, lines_, diagonal_;
  bool upper_;
};

/// Beyond the largest extent, every diagonal leaves all or nothing.
std::int64_t diagonal_of(const NodeView& node) {
  if (!node.has_input(1)) return 0;
  const std::vector<std::int64_t> k = node.require_integers(1, "k");
  if (k.size() != 1) node.fail(ErrorCode::invalid_graph, "k is not one number");
  return std::clamp(k[0], -kMostElements, kMostElements);
}

void infer_triangle(InferContext& node) {
  if (node.shape(0).size() < 2) node.require_rank(0, 2);
  static_cast<void>(diagonal_of(node));
  node.set_output(0, node.input(0).type, node.shape(0));
}

std::unique_ptr<Step> prepare_triangle(const NodeView& node, const PlanContext&) {
  return with_bytes(size_of(node.input(0).type), [&](auto element) -> std::unique_ptr<Step> {
    return std::make_unique<TriangleStep<decltype(element)>>(node.shape(0), diagonal_of(node),
                                                             node.integer("upper", 1) != 0);
  });
}

}  // namespace

const Operator& DepthToSpace_operator() {
  static const Operator op{1,
                           1,
                           1,
                           {"blocksize", "mode"},
                           LayoutRule::row_major,
                           infer_depth_to_space,
                           prepare_depth_to_space,
                           kAnyType};
  return op;
}

const Operator& SpaceToDepth_operator() {
  static const Operator op{1,
                           1,
                           1,
                           {"blocksize"},
                           LayoutRule::row_major,
                           infer_space_to_depth,
                           prepare_space_to_depth,
                           kAnyType};
  return op;
}

const Operator& Tile_operator() {
  static const Operator op{2, 2, 1, {}, LayoutRule::row_major, infer_tile, prepare_tile, kAnyType};
  return op;
}

const Operator& Trilu_operator() {
  static const Operator op{
      1, 2, 1, {"upper"}, LayoutRule::row_major, infer_triangle, prepare_triangle, kAnyType};
  return op;
}

}  // namespace octavo::ops
