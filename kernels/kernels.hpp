#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "kernels/quantization.hpp"

/// The contract between Octavo's SIMD code and the rest: plain structs of pointers, and one table
/// of functions per instruction set. Kernels know nothing of graphs, files or estimators; they do
/// not allocate, throw or lock, and they may be called from several threads on disjoint tiles.
///
/// Tensors are row-major and channels-last. "Columns" are output channels, "rows" output positions.
namespace octavo::kernels {

/// Output channels in one packed panel of weights.
inline constexpr std::size_t kPanelWidth = 16;

/// Bytes that may be read behind the end of any float or uint8 input of a kernel. Buffers keep this
/// slack behind their last element; what it holds never reaches a result.
inline constexpr std::size_t kReadSlack = 64;

/// Where the rows of a product's left operand start. Row m is output position (image, y, x),
/// m = (image * out_height + y) * out_width + x. It is read in kernel_height * kernel_width
/// segments of contiguous elements; segment (i, j) starts at input position
/// (image, y * stride_height - pad_top + i * dilation_height,
///         x * stride_width - pad_left + j * dilation_width), and counts as zeros where that lies
/// outside [0, in_height) x [0, in_width).
struct RowMap {
  std::int64_t out_height = 1, out_width = 1;
  std::int64_t in_height = 1, in_width = 1;
  std::int64_t kernel_height = 1, kernel_width = 1;
  std::int64_t stride_height = 1, stride_width = 1;
  std::int64_t dilation_height = 1, dilation_width = 1;
  std::int64_t pad_top = 0, pad_left = 0;
  std::int64_t pixel_stride = 0;  ///< elements from one input position to the next in x
  std::int64_t line_stride = 0;   ///< elements from one input line to the next
  std::int64_t image_stride = 0;  ///< elements from one image to the next

  [[nodiscard]] std::int64_t segments() const { return kernel_height * kernel_width; }

  /// `rows` rows of a matrix, `stride` elements apart.
  static RowMap matrix(std::int64_t rows, std::int64_t stride) {
    RowMap map;
    map.out_width = map.in_width = rows;
    map.pixel_stride = stride;
    map.line_stride = map.image_stride = rows * stride;
    return map;
  }
};

/// Smallest and largest element; {+inf, -inf} for none. `finite` is false when any element is NaN
/// or infinite; low and high mean nothing then.
struct Extrema {
  float low = std::numeric_limits<float>::infinity();
  float high = -std::numeric_limits<float>::infinity();
  bool finite = true;

  /// Takes in the extremes of further elements.
  void merge(const Extrema& other) {
    if (other.low < low) low = other.low;
    if (other.high > high) high = other.high;
    finite = finite && other.finite;
  }
};

enum class UnaryMethod : std::uint8_t {
  clamp,       ///< min(max(x, alpha), beta); NaN stays
  leaky_relu,  ///< x < 0 ? alpha * x : x
  sigmoid,
  tanh,
  exponential,
  hard_sigmoid,  ///< min(max(alpha * x + beta, 0), 1)
  hard_swish,    ///< x * min(max(x / 6 + 0.5, 0), 1)
  silu,          ///< x * sigmoid(x)
  gelu,          ///< x * (1 + erf(x / sqrt(2))) / 2
  negate,
  absolute,
  square_root,
};

/// The function that a product applies to its sums; by default none.
struct Activation {
  UnaryMethod method = UnaryMethod::clamp;
  float alpha = -std::numeric_limits<float>::infinity();
  float beta = std::numeric_limits<float>::infinity();
};

/// The part of a product that one call computes: rows [row_begin, row_end) and panels
/// [panel_begin, panel_end) of kPanelWidth columns.
struct Tile {
  std::size_t row_begin = 0, row_end = 0;
  std::size_t panel_begin = 0, panel_end = 0;
};

/// out[m][n] = activation(sum over segments s and k of a[m][s][k] * b[n][s][k] + bias[n] +
/// addend[m][n]), added in this order.
struct FloatProduct {
  const float* a = nullptr;
  RowMap rows;
  std::size_t depth = 0;         ///< elements of one segment
  const float* zeros = nullptr;  ///< `depth` zeros, read for segments outside the input
  const float* b = nullptr;      ///< packed by PackedFloat
  std::size_t columns = 0;
  const float* bias = nullptr;    ///< [columns]; null: none
  const float* addend = nullptr;  ///< laid out like out; null: none
  Activation activation;
  float* out = nullptr;
  std::size_t out_stride = 0;  ///< elements from one row of the output to the next
};

/// How the int16 partial sums of one panel of int8 weights are formed (kernels/packing.hpp).
/// Every method is exact for the panels that the packer gives it.
enum class Int8Method : std::uint8_t { chain4, chain3, chain2, chain1, wide };

/// Weights of a few groups of four k values, to be added to b where whole chains of b could not
/// hold them (kernels/chain_split.hpp). Entry panel * segments + segment of `ends` says where the
/// groups of that segment end; they start where those before end.
struct Int8Residuals {
  const std::uint32_t* ends = nullptr;    ///< [panels][segments]; null: there are none
  const std::uint32_t* groups = nullptr;  ///< positions of groups in their segments, ascending
  const std::int8_t* b = nullptr;         ///< [groups][kPanelWidth][4]
  const std::int32_t* sums = nullptr;     ///< [panels * kPanelWidth], of the residual weights alone
};

/// Bytes of a row that is gathered from short segments.
inline constexpr std::size_t kMaxGathered = 1024;

/// acc[m][n] = sum over s and k of (a[m][s][k] - zero_point) * b[n][s][k], exact in int32;
/// out[m][n] = activation(float(acc) * (scale * b_scale[n]) + bias[n] + addend[m][n]), multiplied
/// first, then added in this order.
/// Padding is part of `a` (a border that holds the zero point): segments never leave the input.
struct Int8Product {
  const std::uint8_t* a = nullptr;
  RowMap rows;
  /// When not 0: the elements of one segment, and b is packed as if a row were one segment. The
  /// kernel copies the short segments of a row together (at most kMaxGathered bytes).
  std::size_t gathered = 0;
  std::size_t depth = 0;                       ///< elements of one packed segment, before packing
  std::size_t packed_depth = 0;                ///< ... rounded up as packed; bytes read from a
  const std::int8_t* b = nullptr;              ///< packed by PackedInt8
  const std::int16_t* compensation = nullptr;  ///< start of each chain, see PackedInt8
  std::size_t compensation_stride = 0;         ///< elements from one panel's to the next
  const std::int32_t* column_sums = nullptr;   ///< [panels * kPanelWidth], sum of b[n]
  const Int8Method* methods = nullptr;         ///< [panels]
  Int8Residuals residuals;
  std::size_t columns = 0;
  const Quantization* quantization = nullptr;  ///< of a: one per `rows_per_range` rows
  std::size_t rows_per_range = 0;
  const float* b_scales = nullptr;  ///< [columns]
  const float* bias = nullptr;      ///< [columns]; null: none
  const float* addend = nullptr;    ///< laid out like out; null: none
  Activation activation;
  float* out = nullptr;
  std::int32_t* accumulators = nullptr;  ///< when set, acc is written here and `out` is not used
  std::size_t out_stride = 0;            ///< elements from one row of the output to the next
};

/// A convolution with a 3x3 kernel of stride 1 and dilation 1 by Winograd's algorithm
/// F(m x m, 3x3) (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015;
/// matrices: kernels/winograd.hpp): inputs of type `Source` are transformed to `Operand`, in which
/// the weights are packed, and multiplied and summed as `Sum`. Outputs are computed in tiles of
/// m x m; tile t of an image is (t / tiles_x, t % tiles_x), and images follow each other.
template <class SourceType, class OperandType, class SumType>
struct WinogradBase {
  using Source = SourceType;
  using Operand = OperandType;
  using Sum = SumType;

  const Source* a = nullptr;
  RowMap rows;  ///< kernel extents and strides are not read
  std::size_t channels = 0;
  std::size_t tile_size = 0;  ///< m: 2 or 4
  const Operand* b = nullptr;
  std::size_t columns = 0;
  const float* bias = nullptr;    ///< [columns]; null: none
  const float* addend = nullptr;  ///< laid out like out; null: none
  Activation activation;
  float* out = nullptr;
  std::size_t out_stride = 0;  ///< elements from one row of the output to the next

  /// Tiles that are transformed and multiplied together.
  static constexpr std::size_t kBlockTiles = 30;
  /// Adjacent channels whose products one sum takes at once.
  static constexpr std::size_t kGroup = sizeof(Sum) / sizeof(Operand);

  [[nodiscard]] std::size_t positions() const { return (tile_size + 2) * (tile_size + 2); }
  [[nodiscard]] std::size_t tiles_y() const { return tiles(rows.out_height); }
  [[nodiscard]] std::size_t tiles_x() const { return tiles(rows.out_width); }
  /// Elements of one transformed tile at one position: whole vectors of any instruction set.
  [[nodiscard]] std::size_t input_row() const { return round_up(channels, kLine<Operand>); }
  [[nodiscard]] std::size_t sums_row() const { return round_up(columns, kPanelWidth); }
  /// Elements from one position to the next; odd numbers of cache lines spread them over the sets.
  [[nodiscard]] std::size_t input_stride() const {
    return kBlockTiles * input_row() + kLine<Operand>;
  }
  [[nodiscard]] std::size_t sums_stride() const { return kBlockTiles * sums_row() + kLine<Sum>; }
  [[nodiscard]] std::size_t workspace_bytes() const {
    return positions() * (input_stride() * sizeof(Operand) + sums_stride() * sizeof(Sum));
  }

 private:
  template <class T>
  static constexpr std::size_t kLine = 64 / sizeof(T);  ///< elements of a cache line

  static std::size_t round_up(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }
  [[nodiscard]] std::size_t tiles(std::int64_t extent) const {
    return (static_cast<std::size_t>(extent) + tile_size - 1) / tile_size;
  }
};

/// The sums of Int8Product, exact. The border of `a` holds the zero point, also below and to the
/// right where the last tiles reach beyond the output; b is packed by PackedWinograd.
struct WinogradProduct : WinogradBase<std::uint8_t, std::int16_t, std::int32_t> {
  const Quantization* quantization = nullptr;  ///< of a: one per `images_per_range` images
  std::size_t images_per_range = 0;
  const float* b_scales = nullptr;       ///< [columns]
  std::int32_t* accumulators = nullptr;  ///< when set, the sums are written here instead of `out`
};

/// FloatProduct with rounding errors of Winograd's algorithm. Tiles are 4x4; padding is not part of
/// `a`; b is packed by PackedFloatWinograd. An infinity or NaN may make NaN of every output of the
/// tiles that read it, and of no other. A tile's result does not depend on the others of a call.
struct FloatWinogradProduct : WinogradBase<float, float, float> {
  /// The polynomials are taken at 0, +-kPoint, +-1 / kPoint and infinity.
  static constexpr double kPoint = 2.0 / 3.0;

  /// The input of one tile with its padding, where there is some: behind the rest.
  [[nodiscard]] std::size_t workspace_bytes() const {
    return WinogradBase::workspace_bytes() + positions() * input_row() * sizeof(float) + kReadSlack;
  }
};

/// out[m][c] = activation(bias[c] + sum over segments s of a[m][s][c] * weights[s][c]), summed in
/// one order by all: from the bias on, segments by column, each column from top to bottom.
/// Instruction sets with a fused multiply-add give one result, those without another. Padding may
/// or may not be added as products of zeros and finite weights.
struct DepthwiseProduct {
  const float* a = nullptr;
  RowMap rows;
  std::size_t channels = 0;
  const float* weights = nullptr;  ///< [segments][channels]
  const float* bias = nullptr;     ///< [channels]; null: none
  Activation activation;
  bool wants_extrema = false;  ///< they take a pass over the output; without it none are returned
  float* out = nullptr;        ///< [rows][channels]
};

enum class PoolMethod : std::uint8_t { maximum, average };

/// Pools every channel over the segments of a row that lie inside the input. `average` divides by
/// their number, or by `divisor` when it is not 0.
struct Pool {
  PoolMethod method = PoolMethod::maximum;
  const float* a = nullptr;
  RowMap rows;
  std::size_t channels = 0;
  std::int64_t divisor = 0;
  bool wants_extrema = false;  ///< as DepthwiseProduct's
  float* out = nullptr;        ///< [rows][channels]
};

struct MomentSums {
  double sum = 0.0;
  double sum_magnitudes = 0.0;
  double sum_squares = 0.0;
};

/// The largest magnitude of a QuantizedPanel's levels: two neighbours of a column sum to no more
/// than what a chain of one group can hold (kernels/chain_condition.hpp), whatever they are.
inline constexpr std::int32_t kPanelLevels = 64;

/// Where columns of floats go that become int8 while running.
struct QuantizedPanel {
  std::int8_t* b = nullptr;      ///< [depth in groups of 4][kPanelWidth][4]: a panel of Int8Product
  std::int32_t* sums = nullptr;  ///< [kPanelWidth], of the levels of each column
  float* scales = nullptr;       ///< [kPanelWidth]: b is scale * level
};

/// Equal bins over [low, high]: x (or |x| for `magnitudes`) counts in bin
/// min(int((x - low) * bins_per_unit), bins - 1), in float, multiplied after subtracting.
struct HistogramBins {
  float low = 0.0F;
  float bins_per_unit = 0.0F;
  std::size_t bins = 0;
  bool magnitudes = false;
};

/// The levels of int8 weights are at most this, either way.
inline constexpr float kLargestWeight = 127.0F;
/// 1.5 * 2^23: the sum with an |x| < 2^22 has no bits left for a fraction.
inline constexpr float kNoFraction = 12582912.0F;

enum class BinaryMethod : std::uint8_t { add, subtract, multiply, divide, minimum, maximum };

/// The kernels of floats. Products return the extremes of the floats they wrote, for whoever
/// quantizes them next.
struct FloatKernels {
  Extrema (*float_product)(const FloatProduct&, const Tile&) noexcept;
  /// As Int8Kernels::winograd_product.
  Extrema (*float_winograd_product)(const FloatWinogradProduct&, const Tile&,
                                    std::byte* workspace) noexcept;
  /// Output lines [line_begin, line_end) of all images, line = image * out_height + y.
  Extrema (*depthwise_product)(const DepthwiseProduct&, std::size_t line_begin,
                               std::size_t line_end) noexcept;
  Extrema (*pool)(const Pool&, std::size_t line_begin, std::size_t line_end) noexcept;

  Extrema (*extrema)(const float* x, std::size_t n) noexcept;
  MomentSums (*moments)(const float* x, std::size_t n) noexcept;
  /// Adds to `counts`.
  void (*histogram)(const float* x, std::size_t n, const HistogramBins& bins,
                    std::uint64_t* counts) noexcept;
  void (*quantize)(const float* x, std::size_t n, const Quantization& to,
                   std::uint8_t* out) noexcept;
  /// Quantizes the first `columns` columns (at most kPanelWidth) of b[depth][stride], each by a
  /// scale of its own, its largest magnitude / kPanelLevels, and packs them as a panel of
  /// Int8Method::chain1; rows and columns that are missing are zeros. A column whose scale has no
  /// finite reciprocal has the scale 1. False when an element is NaN or infinite; what is written
  /// means nothing then.
  bool (*quantize_panel)(const float* b, std::size_t depth, std::size_t columns, std::size_t stride,
                         const QuantizedPanel& to) noexcept;

  /// The energy that rounding finite weights to the nearest levels w / scale loses. Where levels
  /// are clipped, that counts.
  double (*rounding_noise)(const float* w, std::size_t n, float scale) noexcept;
  /// Rounds finite weights to the nearest levels, half to even; errors[i] = w[i] / scale -
  /// values[i], or 0 where the level is clipped by more than 1.
  void (*round_weights)(const float* w, std::size_t n, float scale, std::int8_t* values,
                        float* errors) noexcept;

  void (*unary)(UnaryMethod method, float alpha, float beta, const float* x, std::size_t n,
                float* out) noexcept;
  /// out[i] = x[i * x_step] . y[i * y_step]; steps are 0 (one value for all) or 1.
  void (*binary)(BinaryMethod method, const float* x, std::size_t x_step, const float* y,
                 std::size_t y_step, std::size_t n, float* out) noexcept;
  /// Softmax over each of `rows` rows of n contiguous elements, shifted by the row's maximum.
  void (*softmax)(const float* x, std::size_t rows, std::size_t n, float* out) noexcept;
};

/// The products of bytes, which return the extremes too.
struct Int8Kernels {
  Extrema (*int8_product)(const Int8Product&, const Tile&) noexcept;
  /// Rows of the tile are Winograd tiles. `workspace` is 64-byte aligned, workspace_bytes() long,
  /// and one thread's own.
  Extrema (*winograd_product)(const WinogradProduct&, const Tile&, std::byte* workspace) noexcept;
};

/// The kernels of one instruction set.
struct KernelTable : FloatKernels, Int8Kernels {
  const char* name;
};

}  // namespace octavo::kernels
