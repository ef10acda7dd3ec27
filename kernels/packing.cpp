#include "kernels/packing.hpp"

#include <algorithm>

#include "kernels/chain_condition.hpp"

namespace octavo::kernels {
namespace {

std::size_t divided_up(std::size_t n, std::size_t by) {
  return (n + by - 1) / by;
}

std::size_t chain_length(Int8Method method) {
  switch (method) {
    case Int8Method::chain4:
      return 4;
    case Int8Method::chain3:
      return 3;
    case Int8Method::chain2:
      return 2;
    case Int8Method::chain1:
    case Int8Method::wide:
      break;
  }
  return 1;
}

/// The method with the fewest chains of those that are exact for a panel, and of these the shortest
/// chain. `w` is [columns][segments][depth].
Int8Method method_of(std::span<const std::int8_t> w, std::size_t depth) {
  const std::size_t groups = divided_up(depth, kGroup);
  Int8Method best = Int8Method::wide;
  for (const Int8Method method :
       {Int8Method::chain1, Int8Method::chain2, Int8Method::chain3, Int8Method::chain4}) {
    const std::size_t length = chain_length(method);
    const bool shorter = best == Int8Method::wide ||
                         divided_up(groups, length) < divided_up(groups, chain_length(best));
    bool fits = shorter;
    for (std::size_t begin = 0; fits && begin < w.size(); begin += depth) {
      fits = fits_chain(w.subspan(begin, depth), length);
    }
    if (fits) best = method;
  }
  return best;
}

}  // namespace

PackedFloat::PackedFloat(std::span<const float> weights, const WeightShape& shape)
    : shape_(shape), data_(shape.panels() * kPanelWidth * shape.segments * shape.depth) {
  const std::size_t depth = shape.segments * shape.depth;
  for (std::size_t n = 0; n < shape.columns; ++n) {
    float* to = data_.data() + n / kPanelWidth * kPanelWidth * depth + n % kPanelWidth;
    for (std::size_t k = 0; k < depth; ++k) to[k * kPanelWidth] = weights[n * depth + k];
  }
}

void PackedFloat::bind(FloatProduct& product) const {
  product.b = data_.data();
  product.columns = shape_.columns;
  product.depth = shape_.depth;
}

PackedInt8::PackedInt8(std::span<const std::int8_t> values, const WeightShape& shape)
    : shape_(shape),
      packed_depth_(divided_up(shape.depth, kGroup) * kGroup),
      data_(shape.panels() * kPanelWidth * shape.segments * packed_depth_),
      column_sums_(shape.panels() * kPanelWidth) {
  const std::size_t column_size = shape.segments * shape.depth;
  std::size_t most_chains = 0;
  for (std::size_t panel = 0; panel < shape.panels(); ++panel) {
    const std::size_t first = panel * kPanelWidth;
    const std::size_t columns = std::min(kPanelWidth, shape.columns - first);
    const Int8Method method =
        method_of(values.subspan(first * column_size, columns * column_size), shape.depth);
    methods_.push_back(method);
    if (chain_length(method) > 1) {
      most_chains = std::max(most_chains, divided_up(packed_depth_ / kGroup, chain_length(method)));
    }
  }
  compensation_stride_ = shape.segments * most_chains * 2 * kPanelWidth;
  compensation_ = AlignedBuffer<std::int16_t>(shape.panels() * compensation_stride_);
  for (std::size_t panel = 0; panel < shape.panels(); ++panel) pack_panel(values, panel);
}

void PackedInt8::pack_panel(std::span<const std::int8_t> values, std::size_t panel) {
  const std::size_t first = panel * kPanelWidth;
  const std::size_t columns = std::min(kPanelWidth, shape_.columns - first);
  const std::size_t groups = packed_depth_ / kGroup;
  const std::size_t chain = chain_length(methods_[panel]);
  std::int8_t* to = data_.data() + first * shape_.segments * packed_depth_;
  std::int16_t* starts = compensation_.data() + panel * compensation_stride_;

  for (std::size_t segment = 0; segment < shape_.segments; ++segment) {
    for (std::size_t g = 0; g < groups; ++g, to += kGroup * kPanelWidth) {
      const std::size_t count = std::min(kGroup, shape_.depth - g * kGroup);
      for (std::size_t n = 0; n < columns; ++n) {
        const std::size_t column = (first + n) * shape_.segments + segment;
        const std::int8_t* from = values.data() + column * shape_.depth + g * kGroup;
        std::copy_n(from, count, to + n * kGroup);
        for (std::size_t k = 0; k < count; ++k) {
          column_sums_[first + n] += from[k];
          if (chain == 1) continue;
          std::int16_t& lane = starts[2 * n + k / 2];
          lane = static_cast<std::int16_t>(lane - 128 * from[k]);  // modulo 2^16
        }
      }
      if (chain > 1 && (g % chain == chain - 1 || g == groups - 1)) starts += 2 * kPanelWidth;
    }
  }
}

void PackedInt8::bind(Int8Product& product) const {
  product.b = data_.data();
  product.compensation = compensation_.data();
  product.compensation_stride = compensation_stride_;
  product.column_sums = column_sums_.data();
  product.methods = methods_.data();
  product.columns = shape_.columns;
  product.depth = shape_.depth;
  product.packed_depth = packed_depth_;
}

std::size_t PackedInt8::bytes() const {
  return data_.bytes() + compensation_.bytes() + column_sums_.bytes();
}

}  // namespace octavo::kernels
