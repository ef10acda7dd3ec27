#pragma once

#include <cstddef>
#include <span>

#include "kernels/packing.hpp"

namespace octavo::kernels {

class WeightsInMemory final : public WeightColumns {
 public:
  WeightsInMemory(std::span<const float> weights, const WeightShape& shape)
      : weights_(weights), column_size_(shape.segments * shape.depth) {}
  std::span<const float> read(std::size_t first, std::size_t count) override {
    return weights_.subspan(first * column_size_, count * column_size_);
  }

 private:
  std::span<const float> weights_;  ///< [columns][segments][depth]
  std::size_t column_size_;
};

}  // namespace octavo::kernels
