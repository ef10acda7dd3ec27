#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/chain_condition.hpp"
#include "kernels/packing.hpp"
#include "kernels/weight_rounding.hpp"

namespace octavo::kernels {
namespace {

constexpr float kLargest = 127.0F;

/// 1 for a column without a weight that a normal scale can represent.
float unconstrained_scale(std::span<const float> column) {
  const float scale = largest_magnitude(column) / kLargest;
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

/// Whether whole groups surely meet the condition, as most do once a scale is large enough.
template <std::size_t length>
bool is_safe(const float* w, float scale) {
  float pair = 0.0F;
  float lane0 = 0.0F;
  float lane1 = 0.0F;
  for (std::size_t g = 0; g < length; ++g, w += kGroup) {
    // Of unlike signs, the larger magnitude alone counts, which is below any limit.
    pair = std::max({pair, std::abs(w[0] + w[1]), std::abs(w[2] + w[3])});
    lane0 += std::abs(w[0]) + std::abs(w[1]);
    lane1 += std::abs(w[2]) + std::abs(w[3]);
  }
  return pair <= safe_sum(kPairLimit, 2) * scale &&
         (length == 1 || std::max(lane0, lane1) <= safe_sum(kLaneLimit, 2 * length) * scale);
}

/// The scale at which one segment of a column meets the condition of chains of `length` groups.
template <std::size_t length>
float segment_scale(std::span<const float> w, float scale) {
  constexpr std::size_t kChain = kGroup * length;
  std::size_t k = 0;
  for (; k + kChain <= w.size(); k += kChain) {
    if (!is_safe<length>(&w[k], scale)) scale = chain_scale(w.subspan(k, kChain), scale);
  }
  return k == w.size() ? scale : chain_scale(w.subspan(k), scale);
}

/// The energy that quantizing a layer loses.
double noise(std::span<const float> weights, const std::vector<float>& scales,
             std::size_t column_size) {
  double energy = 0.0;
  for (std::size_t n = 0; n < scales.size(); ++n) {
    energy += rounding_noise(weights.subspan(n * column_size, column_size), scales[n]);
  }
  return energy;
}

std::vector<float> fitted_scales(std::span<const float> weights, const WeightShape& shape,
                                 int chain, std::vector<float> scales) {
  constexpr std::array kSegmentScales{segment_scale<1>, segment_scale<2>, segment_scale<3>,
                                      segment_scale<4>};
  const auto segment_scale = kSegmentScales[static_cast<std::size_t>(chain) - 1];
  for (std::size_t begin = 0; begin < weights.size(); begin += shape.depth) {
    float& scale = scales[begin / (shape.segments * shape.depth)];
    scale = segment_scale(weights.subspan(begin, shape.depth), scale);
  }
  return scales;
}

}  // namespace

QuantizedWeights quantize_weights(std::span<const float> weights, const WeightShape& shape,
                                  std::size_t channels, int max_chain, float loss_budget_db) {
  const std::size_t column_size = shape.segments * shape.depth;
  const auto column = [&](std::size_t n) { return weights.subspan(n * column_size, column_size); };
  QuantizedWeights result;
  result.scales.reserve(shape.columns);
  for (std::size_t n = 0; n < shape.columns; ++n) {
    result.scales.push_back(unconstrained_scale(column(n)));
  }
  if (max_chain > 0) {
    const double allowed =
        noise(weights, result.scales, column_size) * std::pow(10.0, double{loss_budget_db} / 10.0);
    for (int chain = max_chain; chain > 0 && result.chain == 0; --chain) {
      std::vector<float> fitted = fitted_scales(weights, shape, chain, result.scales);
      if (noise(weights, fitted, column_size) > allowed) continue;
      result.scales = std::move(fitted);
      result.chain = chain;
    }
  }
  result.values.resize(weights.size());
  for (std::size_t n = 0; n < shape.columns; ++n) {
    float& scale = result.scales[n];
    scale = least_noise_scale(column(n), scale, result.chain == 0 ? 0.0F : scale);
    round_column(column(n), scale, shape, channels, result.chain,
                 std::span(result.values).subspan(n * column_size, column_size));
  }
  return result;
}

}  // namespace octavo::kernels
