#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "kernels/packing.hpp"
#include "runtime/ops/operator.hpp"
#include "runtime/ops/product_weights.hpp"

namespace octavo::ops {

/// The weights of a Conv or Linear as floats in the order of the kernels, read from where they lie.
class NodeColumns final : public kernels::WeightColumns {
 public:
  explicit NodeColumns(const NodeView& node);

  std::span<const float> read(std::size_t first, std::size_t count) override;
  /// All columns.
  std::span<const float> read_all() { return read(0, layout_.shape().columns); }

 private:
  std::span<const float> read_file_order(std::size_t first, std::size_t count);

  const NodeView& node_;
  const Tensor& weight_;
  ProductWeights layout_;
  std::vector<float> file_;
  std::vector<float> kernel_;
};

}  // namespace octavo::ops
