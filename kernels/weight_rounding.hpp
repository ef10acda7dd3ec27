#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/packing.hpp"

namespace octavo::kernels {

/// The nearest level of w, half to even, in [-127, 127].
float quantized(float w, float scale);

/// Of the scales near `scale`, not below `lowest`, the one that loses the least energy. In a short
/// column that varies by dB from one scale to the next; a long one averages it out and keeps
/// `scale`.
float least_noise_scale(const FloatKernels& kernels, std::span<const float> column, float scale,
                        float lowest);

/// Rounds columns [segments][depth] so that their errors cancel: first those of each kernel (the
/// taps of one input channel), then those of the column, by moving the weights nearest to a half to
/// their other neighbour. Activations have a mean, above all behind a ReLU, and it multiplies the
/// sum of the errors; what single weights lose by moving is small beside it (SQuant, Guo et al.,
/// ICLR 2022). Moves that would break the condition of `chain` are not made.
class ColumnRounder {
 public:
  ColumnRounder(const FloatKernels& kernels, const WeightShape& shape, std::size_t channels,
                int chain);

  void round(std::span<const float> column, float scale, std::span<std::int8_t> values);

 private:
  struct Candidate {
    float error;
    std::size_t k;
  };

  void cancel_errors_of_kernels();
  void cancel_errors_of_column();
  [[nodiscard]] double sum_of_errors() const;
  bool move(std::size_t k, float direction);
  [[nodiscard]] std::span<const std::int8_t> chain_of(std::size_t k) const;

  const FloatKernels& kernels_;
  std::size_t depth_;
  std::size_t channels_;
  std::size_t chain_;
  std::span<std::int8_t> values_;
  /// In levels. Clipped weights are as far out as they can be, and have no error.
  std::vector<float> errors_;
  std::vector<Candidate> candidates_;
};

}  // namespace octavo::kernels
