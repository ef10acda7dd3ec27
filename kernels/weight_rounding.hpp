#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/packing.hpp"

namespace octavo::kernels {

/// The nearest level of w, half to even, in [-127, 127].
float quantized(float w, float scale);

/// The largest |w|; NaN does not count.
float largest_magnitude(std::span<const float> column);

/// The energy that rounding a column to the nearest levels loses.
double rounding_noise(std::span<const float> column, float scale);

/// Of the scales near `scale`, not below `lowest`, the one that loses the least energy. In a short
/// column that varies by dB from one scale to the next; a long one averages it out and keeps
/// `scale`.
float least_noise_scale(std::span<const float> column, float scale, float lowest);

/// Rounds a column [segments][depth] so that its errors cancel: first those of each kernel (the
/// taps of one input channel), then those of the column, by moving the weights nearest to a half to
/// their other neighbour. Activations have a mean, above all behind a ReLU, and it multiplies the
/// sum of the errors; what single weights lose by moving is small beside it (SQuant, Guo et al.,
/// ICLR 2022). Moves that would break the condition of `chain` are not made.
void round_column(std::span<const float> column, float scale, const WeightShape& shape,
                  std::size_t channels, int chain, std::span<std::int8_t> values);

}  // namespace octavo::kernels
