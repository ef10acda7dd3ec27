#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/aligned_buffer.hpp"
#include "kernels/kernels.hpp"
#include "kernels/packing.hpp"

/// Winograd convolution of 3x3 kernels: Y = A^T [(G g G^T) * (B^T d B)] A.
///
/// The integer product scales G so that all is integer, and computes modulo 2^32, in which wrapping
/// sums are harmless. For m = 4 the rows of G are (6 0 0), (-4 -4 -4), (-4 4 -4), (1 2 4),
/// (1 -2 4), (0 0 6), those of the points 0, +-1, +-2 and infinity, and the result is 576 * Y:
/// times the inverse of 9 modulo 2^32, then shifted right by 6. For m = 2 they are (2 0 0), (1 1
/// 1), (1 -1 1), (0 0 2) and the result is 4 * Y. Transformed weights and inputs fit int16.
///
/// The float product is F(4x4, 3x3) with the points 0, +-p, +-q and infinity, p = 2/3 and q = 1/p:
///
///         ( 1  0  -r    0   1  0 )        ( 1   0    0     )
///         ( 0 -q  -q^2  p   1  0 )        ( s   s p  s p^2 )          ( 1  1    1    1    1    0 )
///   B^T = ( 0  q  -q^2 -p   1  0 )    G = ( s  -s p  s p^2 )    A^T = ( 0  p   -p    q   -q    0 )
///         ( 0 -p  -p^2  q   1  0 )        ( t   t q  t q^2 )          ( 0  p^2  p^2  q^2  q^2  0 )
///         ( 0  p  -p^2 -q   1  0 )        ( t  -t q  t q^2 )          ( 0  p^3 -p^3  q^3 -q^3  1 )
///         ( 0  1   0   -r   0  1 )        ( 0   0    1     )
///
/// with r = p^2 + q^2, s = 1 / (2 p^2 (p^2 - q^2)) and t = 1 / (2 q^2 (q^2 - p^2)). These points
/// give the smallest errors of those tried: on normally distributed data, 2.2 to 2.4 times smaller
/// than 0, +-1 with +-2 or +-1/2, and 1.4 times smaller than 0, +-1, 1/2, -2. Their root mean
/// square is 7.7e-7 of that of the outputs for 64 channels and 1.4e-6 for 256, where sums of a
/// direct convolution in the same order have 4.2e-7 and 8.6e-7.
namespace octavo::kernels {

/// Whether F(m x m, 3x3) gives the exact sums for these weights, [columns][9][channels], and any
/// input: |Y| must stay below 2^25 for m = 4 and 2^29 for m = 2, and it is at most 255 times the
/// sum of a column's positive or of its negative weights.
bool winograd_is_exact(std::span<const std::int8_t> values, std::size_t columns,
                       std::size_t tile_size);

/// Transformed weights in panels: [position][panel][group of channels][kPanelWidth][kGroup], zeros
/// as filling. Float weights are transformed in double and rounded once. Eight times the bytes of
/// int8 weights and four times those of float weights for m = 4, 3.6 times for m = 2.
template <class Product, class Weight>
class PackedWinogradWeights {
 public:
  /// `values` are [columns][9][channels]; float tiles are 4x4.
  PackedWinogradWeights(std::span<const Weight> values, std::size_t columns,
                        std::size_t tile_size = 4);

  /// Fills in b, columns, channels and tile_size.
  void bind(Product& product) const;
  [[nodiscard]] std::size_t bytes() const { return data_.bytes(); }
  [[nodiscard]] std::size_t tile_size() const { return tile_size_; }

 private:
  std::size_t columns_;
  std::size_t channels_;
  std::size_t tile_size_;
  AlignedBuffer<typename Product::Operand> data_;
};

using PackedWinograd = PackedWinogradWeights<WinogradProduct, std::int8_t>;
using PackedFloatWinograd = PackedWinogradWeights<FloatWinogradProduct, float>;

}  // namespace octavo::kernels
