#include "kernels/packing.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "kernels/chain_condition.hpp"
#include "kernels/chain_split.hpp"
#include "kernels/weight_vectors.hpp"
#include "kernels/weights_in_memory.hpp"

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

/// By chain length.
constexpr std::array kMethods{Int8Method::chain1, Int8Method::chain2, Int8Method::chain3,
                              Int8Method::chain4};

/// How a panel is packed: its method, and its weights in two parts where that is faster; else the
/// parts are empty.
struct PanelPlan {
  Int8Method method = Int8Method::wide;
  ChainSplit split;
};

/// The times of a group of four k values by chain length, relative to each other, as measured with
/// AVX2.
constexpr std::array kChainCosts{1.22, 1.22, 1.07, 1.0};
constexpr double kWideCost = 1.8;
constexpr double kResidualCost = 1.6;

/// As it is, with the fewest chains, and of these the shortest; or else with split weights, where
/// that is faster than the method without chains.
PanelPlan plan_panel(std::span<const std::int8_t> w, const WeightShape& panel) {
  PanelPlan plan;
  const std::size_t groups = divided_up(panel.depth, kGroup);
  if (divided_up(groups, kMaxChain) < divided_up(groups, kMaxChain - 1) &&
      fit_longest_chain(w, panel.depth)) {
    plan.method = kMethods[kMaxChain - 1];
    return plan;
  }
  const std::array<std::size_t, kMaxChain> misfits = count_misfits(w, panel.segments, panel.depth);
  std::size_t fewest = SIZE_MAX;
  for (std::size_t length = 1; length <= kMaxChain; ++length) {
    if (misfits[length - 1] > 0 || divided_up(groups, length) >= fewest) continue;
    fewest = divided_up(groups, length);
    plan.method = kMethods[length - 1];
  }
  if (plan.method != Int8Method::wide) return plan;

  const auto total = static_cast<double>(panel.segments * groups);
  double best = total * kWideCost;
  for (std::size_t length = 1; length <= kMaxChain; ++length) {
    // Every group with a pair too large becomes a residual one, and one of each chain that misfits.
    const double time = total * kChainCosts[length - 1];
    const std::size_t least = std::max(misfits[0], misfits[length - 1]);
    if (time + static_cast<double>(least) * kResidualCost >= best) continue;
    ChainSplit split = split_for_chain(w, panel, length);
    const double cost = time + static_cast<double>(split.groups.size()) * kResidualCost;
    if (cost >= best || count_misfits(split.chained, panel.segments, panel.depth)[length - 1] > 0) {
      continue;
    }
    best = cost;
    plan = {kMethods[length - 1], std::move(split)};
  }
  return plan;
}

/// One chain of four groups of all columns of a panel, which lie `stride` apart.
void pack_longest_chain(const std::int8_t* from, std::size_t stride, std::size_t columns,
                        std::int8_t* to, std::int16_t* starts) {
  for (std::size_t n = 0; n < columns; ++n, from += stride) {
    for (std::size_t g = 0; g < kMaxChain; ++g) {
      std::memcpy(to + (g * kPanelWidth + n) * kGroup, from + g * kGroup, kGroup);
    }
    const WeightPairs w(from);
    const Shorts start = lane_sums(w.first + w.second) * -128;  // modulo 2^16
    std::memcpy(starts + 2 * n, &start, 2 * sizeof(std::int16_t));
  }
}

/// [columns][depth] -> [depth][kPanelWidth].
void pack_panel(const float* from, std::size_t columns, std::size_t depth, float* to) {
  // A cache line of a column at a time; what is written stays in the cache meanwhile.
  constexpr std::size_t kLine = 16;
  for (std::size_t begin = 0; begin < depth; begin += kLine) {
    const std::size_t end = std::min(begin + kLine, depth);
    for (std::size_t n = 0; n < columns; ++n) {
      for (std::size_t k = begin; k < end; ++k) to[k * kPanelWidth + n] = from[n * depth + k];
    }
  }
}

std::int32_t sum_of(std::span<const std::int8_t> weights) {
  // In vectors: so few terms that they fit int16.
  constexpr std::size_t kTerms = 16;
  std::int32_t sum = 0;
  std::size_t k = 0;
  for (; k + kTerms <= weights.size(); k += kTerms) {
    const WeightPairs w(&weights[k]);
    const Shorts lanes = lane_sums(w.first + w.second);
    sum += lanes[0] + lanes[1];
  }
  for (; k < weights.size(); ++k) sum += weights[k];
  return sum;
}

}  // namespace

PackedFloat::PackedFloat(std::span<const float> weights, const WeightShape& shape) {
  WeightsInMemory all(weights, shape);
  *this = PackedFloat(all, 0, shape);
}

PackedFloat::PackedFloat(WeightColumns& weights, std::size_t first, const WeightShape& shape)
    : shape_(shape), data_(shape.panels() * kPanelWidth * shape.segments * shape.depth) {
  const std::size_t depth = shape.segments * shape.depth;
  float* to = data_.data();
  for (std::size_t n = 0; n < shape.columns; n += kPanelWidth, to += depth * kPanelWidth) {
    const std::size_t columns = std::min(kPanelWidth, shape.columns - n);
    pack_panel(weights.read(first + n, columns).data(), columns, depth, to);
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
      column_sums_(shape.panels() * kPanelWidth) {
  const std::size_t column_size = shape.segments * shape.depth;
  const std::size_t size = shape.panels() * kPanelWidth * shape.segments * packed_depth_;
  data_ = AlignedBuffer<std::int8_t>(size);
  for (std::size_t n = 0; n < shape.columns; ++n) {
    column_sums_[n] = sum_of(values.subspan(n * column_size, column_size));
  }
  const auto weights_of = [&](std::size_t panel) {
    const std::size_t first = panel * kPanelWidth;
    const std::size_t columns = std::min(kPanelWidth, shape.columns - first);
    return values.subspan(first * column_size, columns * column_size);
  };
  std::vector<PanelPlan> plans;
  std::size_t most_chains = 0;
  for (std::size_t panel = 0; panel < shape.panels(); ++panel) {
    const std::span<const std::int8_t> w = weights_of(panel);
    plans.push_back(plan_panel(w, {w.size() / column_size, shape.segments, shape.depth}));
    const Int8Method method = plans.back().method;
    methods_.push_back(method);
    if (chain_length(method) > 1) {
      most_chains = std::max(most_chains, divided_up(packed_depth_ / kGroup, chain_length(method)));
    }
  }
  compensation_stride_ = shape.segments * most_chains * 2 * kPanelWidth;
  compensation_ = AlignedBuffer<std::int16_t>(shape.panels() * compensation_stride_);
  for (std::size_t panel = 0; panel < plans.size(); ++panel) {
    const std::vector<std::int8_t>& chained = plans[panel].split.chained;
    pack_panel(chained.empty() ? weights_of(panel) : chained, panel);
  }
  const bool any =
      std::ranges::any_of(plans, [](const PanelPlan& plan) { return !plan.split.groups.empty(); });
  if (!any) return;
  std::size_t residual_groups = 0;
  for (const PanelPlan& plan : plans) residual_groups += plan.split.groups.size();
  residual_data_ = AlignedBuffer<std::int8_t>(residual_groups * kGroup * kPanelWidth);
  residual_sums_ = AlignedBuffer<std::int32_t>(column_sums_.size());
  for (std::size_t panel = 0; panel < plans.size(); ++panel) {
    pack_residual(plans[panel].split, panel);
  }
}

void PackedInt8::pack_panel(std::span<const std::int8_t> weights, std::size_t panel) {
  const std::size_t columns = weights.size() / (shape_.segments * shape_.depth);
  const std::size_t groups = packed_depth_ / kGroup;
  const std::size_t chain = chain_length(methods_[panel]);
  std::int8_t* to = data_.data() + panel * kPanelWidth * shape_.segments * packed_depth_;
  std::int16_t* starts = compensation_.data() + panel * compensation_stride_;

  for (std::size_t segment = 0; segment < shape_.segments; ++segment) {
    std::size_t g = 0;
    for (; chain == kMaxChain && (g + chain) * kGroup <= shape_.depth; g += chain) {
      pack_longest_chain(weights.data() + segment * shape_.depth + g * kGroup,
                         shape_.segments * shape_.depth, columns, to, starts);
      to += chain * kGroup * kPanelWidth;
      starts += 2 * kPanelWidth;
    }
    for (; g < groups; ++g, to += kGroup * kPanelWidth) {
      const std::size_t count = std::min(kGroup, shape_.depth - g * kGroup);
      for (std::size_t n = 0; n < columns; ++n) {
        const std::size_t column = n * shape_.segments + segment;
        const std::int8_t* from = weights.data() + column * shape_.depth + g * kGroup;
        std::copy_n(from, count, to + n * kGroup);
        if (chain == 1) continue;
        for (std::size_t k = 0; k < count; ++k) {
          std::int16_t& lane = starts[2 * n + k / 2];
          lane = static_cast<std::int16_t>(lane - 128 * from[k]);  // modulo 2^16
        }
      }
      if (chain > 1 && (g % chain == chain - 1 || g == groups - 1)) starts += 2 * kPanelWidth;
    }
  }
}

void PackedInt8::pack_residual(const ChainSplit& split, std::size_t panel) {
  const std::size_t columns = split.residual.size() / (shape_.segments * shape_.depth);
  const std::size_t groups = packed_depth_ / kGroup;
  auto next = split.groups.begin();
  for (std::size_t segment = 0; segment < shape_.segments; ++segment) {
    for (; next != split.groups.end() && *next / groups == segment; ++next) {
      const std::size_t group = *next % groups;
      const std::size_t count = std::min(kGroup, shape_.depth - group * kGroup);
      std::int8_t* to = residual_data_.data() + residual_groups_.size() * kGroup * kPanelWidth;
      for (std::size_t n = 0; n < columns; ++n) {
        const std::size_t column = n * shape_.segments + segment;
        const std::int8_t* from = split.residual.data() + column * shape_.depth + group * kGroup;
        std::copy_n(from, count, to + n * kGroup);
        for (std::size_t k = 0; k < count; ++k) {
          residual_sums_[panel * kPanelWidth + n] += from[k];
        }
      }
      residual_groups_.push_back(static_cast<std::uint32_t>(group));
    }
    residual_ends_.push_back(static_cast<std::uint32_t>(residual_groups_.size()));
  }
}

void PackedInt8::bind(Int8Product& product) const {
  product.b = data_.data();
  product.compensation = compensation_.data();
  product.compensation_stride = compensation_stride_;
  product.column_sums = column_sums_.data();
  product.methods = methods_.data();
  if (!residual_groups_.empty()) {
    product.residuals = {residual_ends_.data(), residual_groups_.data(), residual_data_.data(),
                         residual_sums_.data()};
  }
  product.columns = shape_.columns;
  product.depth = shape_.depth;
  product.packed_depth = packed_depth_;
}

std::size_t PackedInt8::bytes() const {
  return data_.bytes() + compensation_.bytes() + column_sums_.bytes() + residual_data_.bytes() +
         residual_sums_.bytes();
}

}  // namespace octavo::kernels
