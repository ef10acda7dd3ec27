#include "kernels/weight_rounding.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "kernels/chain_condition.hpp"

namespace octavo::kernels {
namespace {

constexpr float kLargest = 127.0F;

/// Half to even, for |x| < 2^22: the sum has no bits left for a fraction.
float rounded(float x) {
  constexpr float kNoFraction = 12582912.0F;  // 1.5 * 2^23
  return (x + kNoFraction) - kNoFraction;
}

/// rounding_noise in float and by the reciprocal, in independent sums that vectorize.
float estimated_noise(std::span<const float> column, float scale) {
  constexpr std::size_t kLanes = 8;
  const float reciprocal = 1.0F / scale;
  std::array<float, kLanes> sums{};
  const auto add = [&](float w, std::size_t lane) {
    const float x = w * reciprocal;
    const float q = rounded(x);
    const float error = x - std::min(std::max(q, -kLargest), kLargest);
    sums[lane] += error * error;
  };
  const std::size_t whole = column.size() / kLanes * kLanes;
  for (std::size_t k = 0; k < whole; k += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) add(column[k + lane], lane);
  }
  for (std::size_t k = whole; k < column.size(); ++k) add(column[k], k - whole);
  float total = 0.0F;
  for (const float sum : sums) total += sum;
  return total * scale * scale;
}

class ColumnRounder {
 public:
  ColumnRounder(std::span<const float> column, float scale, std::size_t depth, int chain,
                std::span<std::int8_t> values)
      : column_(column),
        scale_(scale),
        depth_(depth),
        chain_(static_cast<std::size_t>(chain)),
        values_(values) {}

  /// Makes the errors of the weights first, first + step, ... sum to at most one half.
  void cancel_errors(std::size_t first, std::size_t step) {
    candidates_.clear();
    double sum = 0.0;
    for (std::size_t k = first; k < column_.size(); k += step) {
      const float error = column_[k] / scale_ - static_cast<float>(values_[k]);
      // Clipped weights are as far out as they can be, and non-finite ones have no error.
      if (!(std::abs(error) <= 1.0F)) continue;
      sum += double{error};
      candidates_.push_back({error, k});
    }
    const int direction = sum > 0.0 ? 1 : -1;
    auto moves = static_cast<long>(std::abs(sum) + 0.5);
    if (moves == 0) return;
    // A heap: only the few that move are put in order.
    const auto later = [&](const Candidate& a, const Candidate& b) {
      const float x = static_cast<float>(direction) * a.error;
      const float y = static_cast<float>(direction) * b.error;
      return x != y ? x < y : a.k > b.k;
    };
    std::ranges::make_heap(candidates_, later);
    while (moves > 0 && !candidates_.empty()) {
      std::ranges::pop_heap(candidates_, later);
      const Candidate candidate = candidates_.back();
      candidates_.pop_back();
      if (static_cast<float>(direction) * candidate.error <= 0.0F) break;
      if (move(candidate.k, direction)) --moves;
    }
  }

 private:
  struct Candidate {
    float error;
    std::size_t k;
  };

  bool move(std::size_t k, int direction) {
    const std::int8_t before = values_[k];
    const int after = before + direction;
    if (std::abs(after) > static_cast<int>(kLargest)) return false;
    values_[k] = static_cast<std::int8_t>(after);
    if (chain_ == 0 || fits_chain(chain_of(k), chain_)) return true;
    values_[k] = before;
    return false;
  }

  /// The values that share an int16 lane with value k, or could.
  [[nodiscard]] std::span<const std::int8_t> chain_of(std::size_t k) const {
    const std::size_t length = kGroup * chain_;
    const std::size_t segment = k / depth_ * depth_;
    const std::size_t begin = segment + (k - segment) / length * length;
    return values_.subspan(begin, std::min(length, segment + depth_ - begin));
  }

  std::span<const float> column_;
  float scale_;
  std::size_t depth_;
  std::size_t chain_;
  std::span<std::int8_t> values_;
  std::vector<Candidate> candidates_;
};

}  // namespace

float quantized(float w, float scale) {
  const float q = rounded(w / scale);
  return q > -kLargest ? (q < kLargest ? q : kLargest) : -kLargest;
}

double rounding_noise(std::span<const float> column, float scale) {
  double energy = 0.0;
  for (const float w : column) {
    const double error = double{w} - double{scale} * double{quantized(w, scale)};
    energy += error * error;
  }
  return energy;
}

float least_noise_scale(std::span<const float> column, float scale, float lowest) {
  constexpr std::size_t kLongColumn = 1024;
  constexpr int kSteps = 24;
  constexpr float kStep = 0.004F;
  constexpr float kBelow = 0.03F;
  if (column.size() > kLongColumn) return scale;
  const float first = std::max(lowest, scale * (1.0F - kBelow));
  float best = scale;
  float least = estimated_noise(column, scale);
  for (int i = 0; i < kSteps; ++i) {
    const float candidate = first * (1.0F + kStep * static_cast<float>(i));
    const float noise = estimated_noise(column, candidate);
    if (noise < least) {
      least = noise;
      best = candidate;
    }
  }
  return best;
}

void round_column(std::span<const float> column, float scale, const WeightShape& shape,
                  std::size_t channels, int chain, std::span<std::int8_t> values) {
  for (std::size_t k = 0; k < column.size(); ++k) {
    values[k] = static_cast<std::int8_t>(quantized(column[k], scale));
  }
  ColumnRounder rounder(column, scale, shape.depth, chain, values);
  if (channels < column.size()) {
    for (std::size_t channel = 0; channel < channels; ++channel) {
      rounder.cancel_errors(channel, channels);
    }
  }
  rounder.cancel_errors(0, 1);
}

}  // namespace octavo::kernels
