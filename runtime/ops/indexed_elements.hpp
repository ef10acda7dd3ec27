#pragma once

#include "runtime/ops/indices.hpp"
#include "runtime/ops/strided_copy.hpp"

namespace octavo::ops {

/// The axis of a node that indexes along one.
inline std::size_t indexed_axis(const NodeView& node) {
  return node.axis(node.integer("axis", 0), node.shape(0).size());
}

/// The elements of input 0 that input 1 names along an axis: indices i, at position p of their
/// tensor, stand for the element at p but for the axis, where it is at i.
class IndexedElements {
 public:
  explicit IndexedElements(const NodeView& node) : indices_(node, 1) {
    const std::size_t axis = indexed_axis(node);
    const std::vector<std::int64_t> strides = row_major_strides(node.shape(0));
    std::vector<CopyLoops::Loop> dimensions;
    for (std::size_t i = 0; i < strides.size(); ++i) {
      dimensions.push_back({node.shape(1)[i], {i == axis ? 0 : strides[i]}});
    }
    extent_ = node.shape(0)[axis];
    stride_ = static_cast<std::size_t>(strides[axis]);
    loops_ = CopyLoops(node, dimensions);
  }

  /// Calls use(i, element) for every index, in order: the i-th stands for that element of input 0.
  template <class Use>
  void for_each(const StepMemory& memory, const Use& use) const {
    loops_.for_each(0, loops_.size(), [&](std::size_t i, const CopyLoops::Offsets& offsets) {
      use(i, static_cast<std::size_t>(offsets[0]) +
                 indices_.at(memory.inputs[1], i, extent_) * stride_);
    });
  }

 private:
  std::int64_t extent_ = 0;
  std::size_t stride_ = 1;
  Indices indices_;
  CopyLoops loops_;
};

}  // namespace octavo::ops
