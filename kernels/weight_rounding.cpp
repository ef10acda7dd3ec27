#include "kernels/weight_rounding.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include <xsimd/xsimd.hpp>

#include "kernels/chain_condition.hpp"

namespace octavo::kernels {
namespace {

constexpr float kLargest = 127.0F;
/// 1.5 * 2^23: the sum with an |x| < 2^22 has no bits left for a fraction.
constexpr float kNoFraction = 12582912.0F;

/// Half to even.
float nearest_level(float x) {
  const float q = (x + kNoFraction) - kNoFraction;
  return q > -kLargest ? (q < kLargest ? q : kLargest) : -kLargest;
}

/// Vectors of the build's baseline: this runs while planning, not in kernels.
using Floats = xsimd::batch<float>;
/// Whatever the vectors' size, elements meet in this many lanes, so that all builds sum alike.
constexpr std::size_t kLanes = 16;
constexpr std::size_t kParts = kLanes / Floats::size;

/// Calls add(part, vector) for all of the column, filled up with zeros.
template <class Add>
void for_each_vector(std::span<const float> column, const Add& add) {
  std::size_t k = 0;
  for (; k + kLanes <= column.size(); k += kLanes) {
    for (std::size_t p = 0; p < kParts; ++p) {
      add(p, Floats::load_unaligned(column.data() + k + p * Floats::size));
    }
  }
  if (k == column.size()) return;
  std::array<float, kLanes> rest{};
  std::copy(column.begin() + static_cast<std::ptrdiff_t>(k), column.end(), rest.begin());
  for (std::size_t p = 0; p < kParts; ++p) {
    add(p, Floats::load_unaligned(rest.data() + p * Floats::size));
  }
}

std::array<float, kLanes> lanes_of(const std::array<Floats, kParts>& parts) {
  std::array<float, kLanes> lanes;
  for (std::size_t p = 0; p < kParts; ++p) parts[p].store_unaligned(&lanes[p * Floats::size]);
  return lanes;
}

class ColumnRounder {
 public:
  /// Rounds to the nearest level.
  ColumnRounder(std::span<const float> column, float scale, std::size_t depth, int chain,
                std::span<std::int8_t> values)
      : depth_(depth),
        chain_(static_cast<std::size_t>(chain)),
        values_(values),
        errors_(column.size()) {
    std::size_t k = 0;
    for (; k + kLanes <= column.size(); k += kLanes) round_lanes(&column[k], scale, k);
    for (; k < column.size(); ++k) {
      const float level = column[k] / scale;
      const float q = nearest_level(level);
      const float error = level - q;
      values_[k] = static_cast<std::int8_t>(q);
      errors_[k] = std::abs(error) <= 1.0F ? error : 0.0F;
    }
  }

  /// Makes the errors of the taps of each input channel sum to at most one half.
  void cancel_errors_of_kernels(std::size_t channels) {
    std::vector<float> sums(channels);
    for (std::size_t tap = 0; tap < errors_.size(); tap += channels) {
      for (std::size_t c = 0; c < channels; ++c) sums[c] += errors_[tap + c];
    }
    for (std::size_t c = 0; c < channels; ++c) {
      Moves moves(sums[c]);
      float last = std::numeric_limits<float>::infinity();
      std::size_t last_k = 0;
      while (moves.left > 0) {
        float largest = 0.0F;
        std::size_t k = 0;
        for (std::size_t i = c; i < errors_.size(); i += channels) {
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
  void cancel_errors_of_column() {
    double sum = 0.0;
    for (const float error : errors_) sum += double{error};
    Moves moves(static_cast<float>(sum));
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

 private:
  struct Candidate {
    float error;
    std::size_t k;
  };

  /// By how many levels, and which way, some weights have to move for a sum of errors to cancel.
  struct Moves {
    explicit Moves(float sum)
        : direction(sum > 0.0F ? 1.0F : -1.0F), left(static_cast<long>(std::abs(sum) + 0.5F)) {}
    float direction;
    long left;
  };

  /// The constructor's rounding of kLanes weights.
  void round_lanes(const float* w, float scale, std::size_t k) {
    std::array<std::int32_t, kLanes> levels{};
    for (std::size_t p = 0; p < kParts; ++p) {
      const Floats level = Floats::load_unaligned(w + p * Floats::size) / Floats(scale);
      const Floats whole = (level + Floats(kNoFraction)) - Floats(kNoFraction);
      // A maximum takes its second operand when the first one is NaN.
      const Floats q = xsimd::min(xsimd::max(whole, Floats(-kLargest)), Floats(kLargest));
      const Floats error = level - q;
      xsimd::select(xsimd::abs(error) <= Floats(1.0F), error, Floats(0.0F))
          .store_unaligned(&errors_[k + p * Floats::size]);
      xsimd::to_int(q).store_unaligned(&levels[p * Floats::size]);
    }
    for (std::size_t i = 0; i < kLanes; ++i) values_[k + i] = static_cast<std::int8_t>(levels[i]);
  }

  static bool any_above(const float* errors, float direction, float lower) {
    Floats largest(lower);
    for (std::size_t p = 0; p < kParts; ++p) {
      const Floats error = Floats::load_unaligned(errors + p * Floats::size);
      largest = xsimd::max(error * Floats(direction), largest);
    }
    return xsimd::any(largest > Floats(lower));
  }

  bool move(std::size_t k, float direction) {
    const std::int8_t before = values_[k];
    const int after = before + static_cast<int>(direction);
    if (std::abs(after) > static_cast<int>(kLargest)) return false;
    values_[k] = static_cast<std::int8_t>(after);
    if (chain_ == 0 || fits_chain(chain_of(k), chain_)) {
      errors_[k] -= direction;
      return true;
    }
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

  std::size_t depth_;
  std::size_t chain_;
  std::span<std::int8_t> values_;
  /// In levels. Clipped weights are as far out as they can be, and non-finite ones have no error.
  std::vector<float> errors_;
  std::vector<Candidate> candidates_;
};

}  // namespace

float quantized(float w, float scale) {
  return nearest_level(w / scale);
}

float largest_magnitude(std::span<const float> column) {
  std::array<Floats, kParts> parts;
  parts.fill(Floats(0.0F));
  for_each_vector(column, [&](std::size_t p, const Floats& w) {
    parts[p] = xsimd::max(xsimd::abs(w), parts[p]);
  });
  return std::ranges::max(lanes_of(parts));
}

double rounding_noise(std::span<const float> column, float scale) {
  const Floats reciprocal(1.0F / scale);
  std::array<Floats, kParts> parts;
  parts.fill(Floats(0.0F));
  for_each_vector(column, [&](std::size_t p, const Floats& w) {
    const Floats x = w * reciprocal;
    const Floats q = (x + Floats(kNoFraction)) - Floats(kNoFraction);
    const Floats error = x - xsimd::min(xsimd::max(q, Floats(-kLargest)), Floats(kLargest));
    parts[p] = parts[p] + error * error;
  });
  double total = 0.0;
  for (const float sum : lanes_of(parts)) total += double{sum};
  return total * double{scale} * double{scale};
}

float least_noise_scale(std::span<const float> column, float scale, float lowest) {
  // From one scale to the next the noise of n weights varies by about its share 1 / sqrt(n): what a
  // search can gain falls with the column's length.
  constexpr std::size_t kLongColumn = 1024;
  constexpr std::size_t kShortColumn = 320;
  constexpr float kFirst = 0.97F;
  constexpr float kLast = 1.062F;
  if (column.size() > kLongColumn) return scale;
  const int steps = column.size() > kShortColumn ? 8 : 24;
  const float first = std::max(lowest, scale * kFirst);
  const float step = (kLast - kFirst) / static_cast<float>(steps - 1);
  float best = scale;
  double least = rounding_noise(column, scale);
  for (int i = 0; i < steps; ++i) {
    const float candidate = first * (1.0F + step * static_cast<float>(i));
    const double noise = rounding_noise(column, candidate);
    if (noise < least) {
      least = noise;
      best = candidate;
    }
  }
  return best;
}

void round_column(std::span<const float> column, float scale, const WeightShape& shape,
                  std::size_t channels, int chain, std::span<std::int8_t> values) {
  ColumnRounder rounder(column, scale, shape.depth, chain, values);
  if (channels < column.size()) rounder.cancel_errors_of_kernels(channels);
  rounder.cancel_errors_of_column();
}

}  // namespace octavo::kernels
