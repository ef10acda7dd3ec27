#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "kernels/chain_condition.hpp"
#include "kernels/packing.hpp"
#include "kernels/weight_rounding.hpp"
#include "kernels/weights_in_memory.hpp"

namespace octavo::kernels {
namespace {

/// 1 for a column without a weight that a normal scale can represent.
float unconstrained_scale(const Extrema& column) {
  const float scale = std::max(-column.low, column.high) / kLargestWeight;
  return std::isnormal(scale) ? scale : 1.0F;
}

/// The largest number of weights in one int16 lane: two of each of a chain's groups.
constexpr std::size_t kMostInLane = 8;

/// Some weights' magnitudes whose quantized sum is limited.
struct Group {
  std::array<float, kMostInLane> magnitudes{};
  std::size_t size = 0;
  float sum = 0.0F;

  void add(float magnitude) {
    magnitudes[size++] = magnitude;
    sum += magnitude;
  }
  [[nodiscard]] float quantized_sum(float scale) const {
    float total = 0.0F;
    for (std::size_t i = 0; i < size; ++i) total += quantized(magnitudes[i], scale);
    return total;
  }
};

/// What a sum of `terms` magnitudes may be, in levels before rounding, to be at most `limit` after
/// it for sure: rounding adds at most one half for each term; the rest covers that of the sum.
constexpr float safe_sum(float limit, std::size_t terms) {
  return limit - 0.5F * static_cast<float>(terms) - 0.01F;
}

/// The smallest scale from `scale` on (within a few millionths) at which the group's quantized sum
/// is at most `limit`. As each term falls when the scale grows, what held before still holds.
float raised_scale(const Group& group, float limit, float scale) {
  const float safe = safe_sum(limit, group.size);
  if (group.sum <= safe * scale || group.quantized_sum(scale) <= limit) return scale;
  constexpr int kBisections = 14;
  float failing = scale;
  float holding = group.sum / safe;
  for (int i = 0; i < kBisections; ++i) {
    const float middle = failing + 0.5F * (holding - failing);
    (group.quantized_sum(middle) <= limit ? holding : failing) = middle;
  }
  return holding;
}

/// The scale from `scale` on at which the weights of one chain meet its condition
/// (kernels/chain_condition.hpp).
float chain_scale(std::span<const float> w, float scale) {
  std::array<Group, 2> lanes;
  for (std::size_t k = 0; k < w.size(); k += 2) {
    const float first = w[k];
    const float second = k + 1 < w.size() ? w[k + 1] : 0.0F;
    Group pair;
    pair.add(std::abs(first));
    pair.add(std::abs(second));
    if ((first < 0.0F) == (second < 0.0F)) scale = raised_scale(pair, kPairLimit, scale);
    Group& lane = lanes[k / 2 % 2];
    lane.add(pair.magnitudes[0]);
    lane.add(pair.magnitudes[1]);
  }
  if (w.size() <= kGroup) return scale;
  for (const Group& lane : lanes) scale = raised_scale(lane, kLaneLimit, scale);
  return scale;
}

/// The weights of a group.
using Group4 = float __attribute__((vector_size(16)));

Group4 magnitude(Group4 x) {
  return x < 0.0F ? -x : x;
}

/// Whether whole chains surely meet the condition, as most do once a scale is large enough.
template <std::size_t length>
bool are_safe(const float* w, std::size_t chains, float scale) {
  Group4 pair{};
  Group4 lane{};
  for (std::size_t c = 0; c < chains; ++c) {
    Group4 sums{};
    for (std::size_t g = 0; g < length; ++g, w += kGroup) {
      Group4 first;
      std::memcpy(&first, w, sizeof first);
      const Group4 second = __builtin_shufflevector(first, first, 1, 0, 3, 2);
      // Of unlike signs, the larger magnitude alone counts, which is below any limit.
      const Group4 sum = magnitude(first + second);
      pair = pair > sum ? pair : sum;
      sums += magnitude(first) + magnitude(second);
    }
    lane = lane > sums ? lane : sums;
  }
  return std::max(pair[0], pair[2]) <= safe_sum(kPairLimit, 2) * scale &&
         (length == 1 || std::max(lane[0], lane[2]) <= safe_sum(kLaneLimit, 2 * length) * scale);
}

/// The scale at which one segment of a column meets the condition of chains of `length` groups.
template <std::size_t length>
float segment_scale(std::span<const float> w, float scale) {
  constexpr std::size_t kChain = kGroup * length;
  constexpr std::size_t kBlock = 8;  // chains
  const std::size_t chains = w.size() / kChain;
  for (std::size_t begin = 0; begin < chains; begin += kBlock) {
    const std::size_t end = std::min(begin + kBlock, chains);
    if (are_safe<length>(&w[begin * kChain], end - begin, scale)) continue;
    for (std::size_t c = begin; c < end; ++c) {
      const std::span<const float> chain = w.subspan(c * kChain, kChain);
      if (!are_safe<length>(chain.data(), 1, scale)) scale = chain_scale(chain, scale);
    }
  }
  const std::span<const float> rest = w.subspan(chains * kChain);
  return rest.empty() ? scale : chain_scale(rest, scale);
}

/// The scale from `scale` on at which a column meets the condition of a chain.
float fitted_scale(std::span<const float> column, const WeightShape& shape, int chain,
                   float scale) {
  constexpr std::array kSegmentScales{segment_scale<1>, segment_scale<2>, segment_scale<3>,
                                      segment_scale<4>};
  const auto segment_scale = kSegmentScales[static_cast<std::size_t>(chain) - 1];
  for (std::size_t begin = 0; begin < column.size(); begin += shape.depth) {
    scale = segment_scale(column.subspan(begin, shape.depth), scale);
  }
  return scale;
}

/// Quantizes a layer in passes over its columns: one for each chain that is tried, which rounds
/// them at once, as the first one is most often kept.
class LayerQuantizer {
 public:
  LayerQuantizer(const FloatKernels& kernels, WeightColumns& weights, const WeightShape& shape,
                 std::size_t channels)
      : kernels_(kernels),
        weights_(weights),
        shape_(shape),
        channels_(channels),
        fitted_(shape.columns) {
    result_.scales.reserve(shape.columns);
    result_.values.resize(shape.size());
  }

  QuantizedWeights run(int max_chain, float loss_budget_db) && {
    for (int chain = max_chain; chain > 0; --chain) {
      quantize(chain);
      if (!result_.finite) return std::move(result_);
      const double allowed = noise_ * std::pow(10.0, double{loss_budget_db} / 10.0);
      if (fitted_noise_ > allowed) continue;
      result_.chain = chain;
      break;
    }
    if (result_.chain == 0) quantize(0);
    result_.scales = std::move(fitted_);
    return std::move(result_);
  }

 private:
  void quantize(int chain) {
    // Some columns that fit the cache, and fill a cache line of weights that are stored row by row.
    constexpr std::size_t kBlockSize = 65536;
    constexpr std::size_t kMaxColumns = 64;
    const std::size_t size = shape_.segments * shape_.depth;
    const std::size_t block = std::clamp<std::size_t>(kBlockSize / size, 32, kMaxColumns);
    ColumnRounder rounder(kernels_, shape_, channels_, chain);
    fitted_noise_ = 0.0;
    for (std::size_t first = 0; first < shape_.columns; first += block) {
      const std::size_t count = std::min(block, shape_.columns - first);
      const std::span<const float> columns = weights_.read(first, count);
      for (std::size_t i = 0; i < count; ++i) {
        quantize(first + i, columns.subspan(i * size, size), chain, rounder);
        if (!result_.finite) return;
      }
    }
  }

  void quantize(std::size_t n, std::span<const float> column, int chain, ColumnRounder& rounder) {
    if (n == result_.scales.size()) {
      const Extrema extrema = kernels_.extrema(column.data(), column.size());
      result_.finite = extrema.finite;
      if (!extrema.finite) return;
      result_.scales.push_back(unconstrained_scale(extrema));
      if (chain > 0) noise_ += noise(column, result_.scales[n]);
    }
    float scale = result_.scales[n];
    if (chain > 0) {
      scale = fitted_scale(column, shape_, chain, scale);
      fitted_noise_ += noise(column, scale);
    }
    fitted_[n] = least_noise_scale(kernels_, column, scale, chain == 0 ? 0.0F : scale);
    rounder.round(column, fitted_[n],
                  std::span(result_.values).subspan(n * column.size(), column.size()));
  }

  [[nodiscard]] double noise(std::span<const float> column, float scale) const {
    return kernels_.rounding_noise(column.data(), column.size(), scale);
  }

  const FloatKernels& kernels_;
  WeightColumns& weights_;
  const WeightShape& shape_;
  std::size_t channels_;
  QuantizedWeights result_;    ///< its scales: without a condition
  std::vector<float> fitted_;  ///< the scales with that of the chain in question
  double noise_ = 0.0;         ///< the energy that quantizing without a condition loses
  double fitted_noise_ = 0.0;  ///< with that of the chain
};

}  // namespace

QuantizedWeights quantize_weights(const FloatKernels& kernels, WeightColumns& weights,
                                  const WeightShape& shape, std::size_t channels, int max_chain,
                                  float loss_budget_db) {
  return LayerQuantizer(kernels, weights, shape, channels).run(max_chain, loss_budget_db);
}

QuantizedWeights quantize_weights(const FloatKernels& kernels, std::span<const float> weights,
                                  const WeightShape& shape, std::size_t channels, int max_chain,
                                  float loss_budget_db) {
  WeightsInMemory all(weights, shape);
  return quantize_weights(kernels, all, shape, channels, max_chain, loss_budget_db);
}

}  // namespace octavo::kernels
