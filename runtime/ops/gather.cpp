#include <algorithm>

#include "runtime/concat.hpp"
#include "runtime/ops/axes.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/indexed_elements.hpp"
#include "runtime/ops/ranges.hpp"

namespace octavo::ops {
namespace {

/// The indices where they are constant: checked while planning, so that run() meets computed ones
/// only.
std::vector<std::size_t> constant_positions(const NodeView& node, std::int64_t extent) {
  std::vector<std::size_t> positions;
  const Tensor* const constant = node.constant(1);
  const Indices indices(node, 1);
  const std::size_t count = constant == nullptr ? 0 : element_count(constant->shape);
  for (std::size_t i = 0; i < count; ++i) {
    positions.push_back(indices.at(constant->data(), i, extent));
  }
  return positions;
}

/// Copies whole items along an axis.
class GatherStep final : public Step {
 public:
  explicit GatherStep(const NodeView& node)
      : extents_(node.shape(0), indexed_axis(node)),
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
  RowGatherStep(const NodeView& node, const AxisExtents& extents)
      : extents_(extents),
        positions_(constant_positions(node, static_cast<std::int64_t>(extents.n))) {}

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
  const std::size_t axis = indexed_axis(node);
  static_cast<void>(constant_positions(node, data[axis]));
  const Shape& indices = node.shape(1);
  const auto at = data.begin() + static_cast<std::ptrdiff_t>(axis);
  Shape shape(data.begin(), at);
  shape.insert(shape.end(), indices.begin(), indices.end());
  shape.insert(shape.end(), at + 1, data.end());
  node.set_output(0, node.input(0).type, std::move(shape));
}

std::unique_ptr<Step> prepare_gather(const NodeView& node, const PlanContext&) {
  const AxisExtents extents(node.shape(0), indexed_axis(node));
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
  explicit GatherElementsStep(const NodeView& node) : elements_(node) {}

  void run(const StepMemory& memory, Workers&) override {
    const T* x = memory.input<T>(0);
    T* out = memory.output<T>(0);
    elements_.for_each(memory, [&](std::size_t i, std::size_t element) { out[i] = x[element]; });
  }
  [[nodiscard]] std::string kernel() const override { return "copy"; }

 private:
  IndexedElements elements_;
};

void infer_gather_elements(InferContext& node) {
  const Shape& data = node.shape(0);
  const Shape& indices = node.shape(1);
  const std::size_t axis = indexed_axis(node);
  node.require_rank(1, data.size());
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (i != axis && indices[i] > data[i]) {
      node.fail(ErrorCode::invalid_graph, concat({"indices of shape ", indices, " reach beyond ",
                                                  data, " in dimension ", i}));
    }
  }
  static_cast<void>(constant_positions(node, data[axis]));
  node.set_output(0, node.input(0).type, indices);
}

std::unique_ptr<Step> prepare_gather_elements(const NodeView& node, const PlanContext&) {
  return with_bytes(size_of(node.input(0).type), [&](auto element) -> std::unique_ptr<Step> {
    return std::make_unique<GatherElementsStep<decltype(element)>>(node);
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
