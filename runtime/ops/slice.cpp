#include <algorithm>

#include "runtime/ops/broadcast.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/strided_copy.hpp"

namespace octavo::ops {
namespace {

struct AxisSlice {
  std::int64_t start = 0;
  std::int64_t step = 1;
  std::int64_t extent = 0;
};

std::vector<std::int64_t> integers_or(const NodeView& node, std::size_t index,
                                      std::string_view what, std::vector<std::int64_t> otherwise) {
  return node.has_input(index) ? node.require_integers(index, what) : std::move(otherwise);
}

/// One axis under numpy's rules: negative bounds count from the end, all bounds are clamped.
AxisSlice slice_axis(std::int64_t size, std::int64_t start, std::int64_t end, std::int64_t step) {
  const auto bound = [&](std::int64_t value) {
    const std::int64_t from_begin = value < 0 ? value + size : value;
    return step > 0 ? std::clamp<std::int64_t>(from_begin, 0, size)
                    : std::clamp<std::int64_t>(from_begin, -1, size - 1);
  };
  AxisSlice slice{bound(start), step, 0};
  const std::int64_t distance = step > 0 ? bound(end) - slice.start : slice.start - bound(end);
  if (distance > 0) {
    // Unsigned, for the step -2^63.
    const std::uint64_t stride = step > 0 ? static_cast<std::uint64_t>(step)
                                          : std::uint64_t{0} - static_cast<std::uint64_t>(step);
    slice.extent =
        static_cast<std::int64_t>((static_cast<std::uint64_t>(distance) - 1) / stride) + 1;
  }
  if (slice.extent <= 1) slice.step = 1;
  return slice;
}

/// One entry for each dimension of the input.
std::vector<AxisSlice> decode(const NodeView& node) {
  const Shape& shape = node.shape(0);
  const std::vector<std::int64_t> starts = node.require_integers(1, "starts");
  const std::vector<std::int64_t> ends = node.require_integers(2, "ends");
  std::vector<std::int64_t> every(starts.size());
  for (std::size_t i = 0; i < every.size(); ++i) every[i] = static_cast<std::int64_t>(i);
  const std::vector<std::int64_t> axes = integers_or(node, 3, "axes", std::move(every));
  const std::vector<std::int64_t> steps =
      integers_or(node, 4, "steps", std::vector<std::int64_t>(starts.size(), 1));
  if (ends.size() != starts.size() || axes.size() != starts.size() ||
      steps.size() != starts.size()) {
    node.fail(ErrorCode::invalid_graph, "starts, ends, axes and steps differ in length");
  }
  std::vector<AxisSlice> slices;
  for (const std::int64_t size : shape) slices.push_back({0, 1, size});
  std::vector<bool> seen(shape.size());
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::size_t axis = node.axis(axes[i], shape.size());
    if (seen[axis] || steps[i] == 0) {
      node.fail(ErrorCode::invalid_graph, steps[i] == 0 ? "a step is 0" : "an axis is given twice");
    }
    seen[axis] = true;
    slices[axis] = slice_axis(shape[axis], starts[i], ends[i], steps[i]);
  }
  return slices;
}

void infer_slice(InferContext& node) {
  Shape shape;
  for (const AxisSlice& slice : decode(node)) shape.push_back(slice.extent);
  node.set_output(0, node.input(0).type, std::move(shape));
}

std::unique_ptr<Step> prepare_slice(const NodeView& node, const PlanContext&) {
  const std::vector<std::int64_t> strides = row_major_strides(node.shape(0));
  const std::vector<AxisSlice> slices = decode(node);
  std::vector<CopyLoops::Loop> dimensions;
  std::int64_t start = 0;
  for (std::size_t i = 0; i < slices.size(); ++i) {
    dimensions.push_back({slices[i].extent, {slices[i].step * strides[i]}});
    if (slices[i].extent > 0) start += slices[i].start * strides[i];
  }
  return make_strided_copy(CopyLoops(node, dimensions), start, size_of(node.input(0).type));
}

void infer_expand(InferContext& node) {
  node.set_output(0, node.input(0).type,
                  broadcast(node, node.shape(0), node.require_integers(1, "shape")));
}

std::unique_ptr<Step> prepare_expand(const NodeView& node, const PlanContext&) {
  const Shape& out = node.output(0).shape;
  const std::vector<std::int64_t> strides = broadcast_strides(node.shape(0), out);
  std::vector<CopyLoops::Loop> dimensions;
  for (std::size_t i = 0; i < out.size(); ++i) dimensions.push_back({out[i], {strides[i]}});
  return make_strided_copy(CopyLoops(node, dimensions), 0, size_of(node.input(0).type));
}

}  // namespace

const Operator& Expand_operator() {
  static const Operator op{2,       2, 1, {}, LayoutRule::row_major, infer_expand, prepare_expand,
                           kAnyType};
  return op;
}

const Operator& Slice_operator() {
  static const Operator op{3,       5, 1, {}, LayoutRule::row_major, infer_slice, prepare_slice,
                           kAnyType};
  return op;
}

}  // namespace octavo::ops
