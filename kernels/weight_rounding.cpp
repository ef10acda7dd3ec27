#include "kernels/weight_rounding.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "kernels/chain_condition.hpp"

namespace octavo::kernels {
namespace {

/// What passes over a column do at a time.
constexpr std::size_t kLanes = 16;

/// By how many levels, and which way, some weights have to move for a sum of errors to cancel.
struct Moves {
  explicit Moves(float sum)
      : direction(sum > 0.0F ? 1.0F : -1.0F), left(static_cast<long>(std::abs(sum) + 0.5F)) {}
  float direction;
  long left;
};

/// Whether any of kLanes errors in a direction is above `lower`.
bool any_above(const float* errors, float direction, float lower) {
  unsigned above = 0;
  for (std::size_t i = 0; i < kLanes; ++i) above |= errors[i] * direction > lower ? 1U : 0U;
  return above != 0;
}

}  // namespace

float quantized(float w, float scale) {
  const float q = (w / scale + kNoFraction) - kNoFraction;
  return std::clamp(q, -kLargestWeight, kLargestWeight);
}

float least_noise_scale(const FloatKernels& kernels, std::span<const float> column, float scale,
                        float lowest) {
  // From one scale to the next the noise of n weights varies by about its share 1 / sqrt(n): what a
  // search can gain falls with the column's length.
  constexpr std::size_t kLongColumn = 1024;
  constexpr std::size_t kShortColumn = 320;
  constexpr float kFirst = 0.97F;
  constexpr float kLast = 1.062F;
  if (column.size() > kLongColumn) return scale;
  const int steps = column.size() > kShortColumn ? 4 : 24;
  const float first = std::max(lowest, scale * kFirst);
  const float step = (kLast - kFirst) / static_cast<float>(steps - 1);
  float best = scale;
  double least = kernels.rounding_noise(column.data(), column.size(), scale);
  for (int i = 0; i < steps; ++i) {
    const float candidate = first * (1.0F + step * static_cast<float>(i));
    const double noise = kernels.rounding_noise(column.data(), column.size(), candidate);
    if (noise < least) {
      least = noise;
      best = candidate;
    }
  }
  return best;
}

ColumnRounder::ColumnRounder(const FloatKernels& kernels, const WeightShape& shape,
                             std::size_t channels, int chain)
    : kernels_(kernels),
      depth_(shape.depth),
      channels_(channels),
      chain_(static_cast<std::size_t>(chain)),
      errors_(shape.segments * shape.depth) {}

void ColumnRounder::round(std::span<const float> column, float scale,
                          std::span<std::int8_t> values) {
  values_ = values;
  kernels_.round_weights(column.data(), column.size(), scale, values.data(), errors_.data());
  if (channels_ < column.size()) cancel_errors_of_kernels();
  cancel_errors_of_column();
}

/// Makes the errors of the taps of each input channel sum to at most one half.
void ColumnRounder::cancel_errors_of_kernels() {
  std::vector<float> sums(channels_);
  for (std::size_t tap = 0; tap < errors_.size(); tap += channels_) {
    for (std::size_t c = 0; c < channels_; ++c) sums[c] += errors_[tap + c];
  }
  for (std::size_t c = 0; c < channels_; ++c) {
    Moves moves(sums[c]);
    float last = std::numeric_limits<float>::infinity();
    std::size_t last_k = 0;
    while (moves.left > 0) {
      float largest = 0.0F;
      std::size_t k = 0;
      for (std::size_t i = c; i < errors_.size(); i += channels_) {
        const float error = moves.direction * errors_[i];
        if (error > largest && (error < last || (error == last && i > last_k))) {
          largest = error;
          k = i;
        }
      }
      if (largest == 0.0F) break;
      if (move(k, moves.direction)) --moves.left;
      last = largest;
      last_k = k;
    }
  }
}

/// The same for all weights together.
void ColumnRounder::cancel_errors_of_column() {
  Moves moves(static_cast<float>(sum_of_errors()));
  // The largest errors first. They spread evenly up to one half, so that few have to be sorted.
  float width = static_cast<float>(2 * moves.left + 4) / static_cast<float>(errors_.size());
  float upper = std::numeric_limits<float>::infinity();
  for (float lower = 0.5F - width; moves.left > 0 && upper > 0.0F; lower = upper - width) {
    lower = std::max(lower, 0.0F);
    candidates_.clear();
    for (std::size_t begin = 0; begin < errors_.size(); begin += kLanes) {
      const std::size_t end = std::min(begin + kLanes, errors_.size());
      if (end - begin == kLanes && !any_above(&errors_[begin], moves.direction, lower)) continue;
      for (std::size_t k = begin; k < end; ++k) {
        const float error = moves.direction * errors_[k];
        if (error > lower && error <= upper) candidates_.push_back({error, k});
      }
    }
    std::ranges::sort(candidates_, [](const Candidate& a, const Candidate& b) {
      return a.error != b.error ? a.error > b.error : a.k < b.k;
    });
    for (std::size_t i = 0; i < candidates_.size() && moves.left > 0; ++i) {
      if (move(candidates_[i].k, moves.direction)) --moves.left;
    }
    upper = lower;
    width *= 4.0F;
  }
}

double ColumnRounder::sum_of_errors() const {
  std::array<double, kLanes> lanes{};
  std::size_t k = 0;
  for (; k + kLanes <= errors_.size(); k += kLanes) {
    for (std::size_t i = 0; i < kLanes; ++i) lanes[i] += double{errors_[k + i]};
  }
  double sum = 0.0;
  for (const double lane : lanes) sum += lane;
  for (; k < errors_.size(); ++k) sum += double{errors_[k]};
  return sum;
}

bool ColumnRounder::move(std::size_t k, float direction) {
  const std::int8_t before = values_[k];
  const int after = before + static_cast<int>(direction);
  if (std::abs(after) > static_cast<int>(kLargestWeight)) return false;
  values_[k] = static_cast<std::int8_t>(after);
  if (chain_ == 0 || fits_chain(chain_of(k), static_cast<int>(chain_))) {
    errors_[k] -= direction;
    return true;
  }
  values_[k] = before;
  return false;
}

/// The values that share an int16 lane with value k, or could.
std::span<const std::int8_t> ColumnRounder::chain_of(std::size_t k) const {
  const std::size_t length = kGroup * chain_;
  const std::size_t segment = k / depth_ * depth_;
  const std::size_t begin = segment + (k - segment) / length * length;
  return values_.subspan(begin, std::min(length, segment + depth_ - begin));
}

}  // namespace octavo::kernels
