#include <algorithm>

#include "runtime/ops/axes.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/indices.hpp"
#include "runtime/ops/ranges.hpp"
#include "runtime/ops/strided_copy.hpp"

namespace octavo::ops {
namespace {

std::size_t gather_axis(const NodeView& node) {
  return node.axis(node.integer("axis", 0), node.shape(0).size());
}

/// Checks constant indices while planning, so that run() meets computed ones only.
void check_constant_indices(const NodeView& node, std::int64_t extent) {
  const Tensor* const indices = node.constant(1);
  const Indices reader(node, 1);
  if (indices == nullptr) return;
  const std::size_t count = element_count(indices->shape);
  for (std::size_t i = 0; i < count; ++i) static_cast<void>(reader.at(indices->data, i, extent));
}

/// Copies whole items along an axis.
class GatherStep final : public Step {
 public:
  explicit GatherStep(const NodeView& node)
      : extents_(node.shape(0), gather_axis(node)),
        item_bytes_(extents_.inner * size_of(node.input(0).type)),
        count_(element_count(node.shape(1))),
        indices_(node, 1) {}

  void run(const StepMemory& memory, Workers&) override {
    const std::byte* in = memory.inputs[0];
    std::byte* out = memory.outputs[0];
    for (std::size_t block = 0; block < extents_.outer; ++block) {
      for (std::size_t i = 0; i < count_; ++i) {
        const std::size_t from =
            indices_.at(memory.inputs[1], i, static_cast<std::int64_t>(extents_.n));
        out = std::copy_n(in + from * item_bytes_, item_bytes_, out);
      }
      in += extents_.n * item_bytes_;
    }
  }
  [[nodiscard]] std::string kernel() const override { return "copy"; }

 private:
  AxisExtents extents_;
  std::size_t item_bytes_, count_;
  Indices indices_;
};

/// Single elements at constant positions of rows, such as the channels of a channels-last tensor.
template <class T>
class RowGatherStep final : public Step {
 public:
  RowGatherStep(const NodeView& node, const AxisExtents& extents) : extents_(extents) {
    const Indices indices(node, 1);
    const Tensor& constant = *node.constant(1);
    const std::size_t count = element_count(constant.shape);
    for (std::size_t i = 0; i < count; ++i) {
      positions_.push_back(indices.at(constant.data, i, static_cast<std::int64_t>(extents_.n)));
    }
  }

  void run(const StepMemory& memory, Workers& workers) override {
    const T* x = memory.input<T>(0);
    T* out = memory.output<T>(0);
    const std::size_t count = positions_.size();
    for_ranges(workers, extents_.outer, count, [&](std::size_t begin, std::size_t end) {
      for (std::size_t row = begin; row < end; ++row) {
        for (std::size_t i = 0; i < count; ++i) {
          out[row * count + i] = x[row * extents_.n + positions_[i]];
        }
      }
    });
  }
  [[nodiscard]] std::string kernel() const override { return "copy"; }

 private:
  AxisExtents extents_;
  std::vector<std::size_t> positions_;
};

void infer_gather(InferContext& node) {
  const Shape& data = node.shape(0);
  const std::size_t axis = gather_axis(node);
  check_constant_indices(node, data[axis]);
  const Shape& indices = node.shape(1);
  const auto at = data.begin() + static_cast<std::ptrdiff_t>(axis);
  Shape shape(data.begin(), at);
  shape.insert(shape.end(), indices.begin(), indices.end());
  shape.insert(shape.end(), at + 1, data.end());
  node.set_output(0, node.input(0).type, std::move(shape));
}

std::unique_ptr<Step> prepare_gather(const NodeView& node, const PlanContext&) {
  const AxisExtents extents(node.shape(0), gather_axis(node));
  if (extents.inner == 1 && node.constant(1) != nullptr) {
    return with_bytes(size_of(node.input(0).type), [&](auto element) -> std::unique_ptr<Step> {
      return std::make_unique<RowGatherStep<decltype(element)>>(node, extents);
    });
  }
  return std::make_unique<GatherStep>(node);
}

/// out[..., i, ...] = x[..., indices[..., i, ...], ...].
template <class T>
class GatherElementsStep final : public Step {
 public:
  GatherElementsStep(const NodeView& node, std::size_t axis)
      : extent_(node.shape(0)[axis]), axis_stride_(1), indices_(node, 1) {
    const std::vector<std::int64_t> strides = row_major_strides(node.shape(0));
    std::vector<CopyLoops::Loop> dimensions;
    for (std::size_t i = 0; i < strides.size(); ++i) {
      dimensions.push_back({node.shape(1)[i], {i == axis ? 0 : strides[i]}});
    }
    axis_stride_ = static_cast<std::size_t>(strides[axis]);
    loops_ = CopyLoops(node, dimensions);
  }

  void run(const StepMemory& memory, Workers&) override {
    const T* x = memory.input<T>(0);
    T* out = memory.output<T>(0);
    loops_.for_each(0, loops_.size(), [&](std::size_t i, const CopyLoops::Offsets& offsets) {
      out[i] = x[static_cast<std::size_t>(offsets[0]) +
                 indices_.at(memory.inputs[1], i, extent_) * axis_stride_];
    });
  }
  [[nodiscard]] std::string kernel() const override { return "copy"; }

 private:
  std::int64_t extent_;
  std::size_t axis_stride_;
  Indices indices_;
  CopyLoops loops_;
};

void infer_gather_elements(InferContext& node) {
  const Shape& data = node.shape(0);
  const Shape& indices = node.shape(1);
  const std::size_t axis = gather_axis(node);
  node.require_rank(1, data.size());
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (i != axis && indices[i] > data[i]) {
      node.fail(ErrorCode::invalid_graph, "indices of shape " + to_string(indices) +
                                              " reach beyond " + to_string(data) +
                                              " in dimension " + std::to_string(i));
    }
  }
  check_constant_indices(node, data[axis]);
  node.set_output(0, node.input(0).type, indices);
}

std::unique_ptr<Step> prepare_gather_elements(const NodeView& node, const PlanContext&) {
  return with_bytes(size_of(node.input(0).type), [&](auto element) -> std::unique_ptr<Step> {
    return std::make_unique<GatherElementsStep<decltype(element)>>(node, gather_axis(node));
  });
}

}  // namespace

const Operator& Gather_operator() {
  static const Operator op{
      2, 2, 1, {"axis"}, LayoutRule::row_major, infer_gather, prepare_gather, kAnyType};
  return op;
}

const Operator& GatherElements_operator() {
  static const Operator op{2,
                           2,
                           1,
                           {"axis"},
                           LayoutRule::row_major,
                           infer_gather_elements,
                           prepare_gather_elements,
                           kAnyType};
  return op;
}

}  // namespace octavo::ops
