#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/aligned_buffer.hpp"
#include "kernels/kernels.hpp"
#include "kernels/packing.hpp"

/// Exact integer Winograd convolution of 3x3 kernels: Y = A^T [(G g G^T) * (B^T d B)] A with G
/// scaled so that all is integer, computed modulo 2^32, in which wrapping sums are harmless. For m
/// = 4 the rows of G are (6 0 0), (-4 -4 -4), (-4 4 -4), (1 2 4), (1 -2 4), (0 0 6) and the result
/// is 576 * Y: times the inverse of 9 modulo 2^32, then shifted right by 6. For m = 2 they are (2 0
/// 0), (1 1 1), (1 -1 1), (0 0 2) and the result is 4 * Y. Transformed weights and inputs fit
/// int16.
namespace octavo::kernels {

/// Whether F(m x m, 3x3) gives the exact sums for these weights, [columns][9][channels], and any
/// input: |Y| must stay below 2^25 for m = 4 and 2^29 for m = 2, and it is at most 255 times the
/// sum of a column's positive or of its negative weights.
bool winograd_is_exact(std::span<const std::int8_t> values, std::size_t columns,
                       std::size_t tile_size);

/// Transformed weights in panels: [position][panel][pair of channels][kPanelWidth][2], zeros as
/// filling. Eight times the bytes of the int8 weights for m = 4, 3.6 times for m = 2.
class PackedWinograd {
 public:
  /// `values` are [columns][9][channels].
  PackedWinograd(std::span<const std::int8_t> values, std::size_t columns, std::size_t tile_size);

  /// Fills in b, columns, channels and tile_size.
  void bind(WinogradProduct& product) const;
  [[nodiscard]] std::size_t bytes() const { return data_.bytes(); }

 private:
  std::size_t columns_;
  std::size_t channels_;
  std::size_t tile_size_;
  AlignedBuffer<std::int16_t> data_;
};

}  // namespace octavo::kernels
