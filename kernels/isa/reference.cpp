// The kernels as plain loops: the specification of every other instruction set.
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kernels/body/rows.hpp"
#include "kernels/kernels.hpp"

namespace octavo::kernels {
extern const KernelTable reference_kernels;

namespace {

float clamped(float x, float low, float high) {
  const float raised = x < low ? low : x;
  return raised > high ? high : raised;
}

/// Computed in double and rounded once.
float unary_value(UnaryMethod method, float alpha, float beta, float x) {
  switch (method) {
    case UnaryMethod::clamp:
      return clamped(x, alpha, beta);
    case UnaryMethod::leaky_relu:
      return x < 0.0F ? alpha * x : x;
    case UnaryMethod::sigmoid:
      return static_cast<float>(1.0 / (1.0 + std::exp(-double{x})));
    case UnaryMethod::tanh:
      return static_cast<float>(std::tanh(double{x}));
    case UnaryMethod::exponential:
      return static_cast<float>(std::exp(double{x}));
    case UnaryMethod::hard_sigmoid:
      return clamped(alpha * x + beta, 0.0F, 1.0F);
    case UnaryMethod::hard_swish:
      return x * clamped(x * (1.0F / 6.0F) + 0.5F, 0.0F, 1.0F);
    case UnaryMethod::silu:
      return static_cast<float>(x / (1.0 + std::exp(-double{x})));
    case UnaryMethod::gelu:
      return static_cast<float>(0.5 * x * std::erfc(-double{x} / std::sqrt(2.0)));
    case UnaryMethod::negate:
      return -x;
    case UnaryMethod::absolute:
      return std::abs(x);
    case UnaryMethod::square_root:
      return std::sqrt(x);
  }
  return x;
}

/// The sum with the addend, if there is one, at this place of the output.
float with_addend(float sum, const float* addend, std::size_t out) {
  return addend != nullptr ? sum + addend[out] : sum;
}

/// Stores the activated sum and counts it in.
void finish(const Activation& activation, float sum, float& out, Extrema& extrema) {
  out = unary_value(activation.method, activation.alpha, activation.beta, sum);
  extrema.merge({out, out, std::isfinite(out)});
}

std::size_t last_column(const Tile& tile, std::size_t columns) {
  return tile.panel_end * kPanelWidth < columns ? tile.panel_end * kPanelWidth : columns;
}

/// Elements from the input's start to segment (i, j) of a row; -1 where that lies outside.
std::int64_t segment_offset(const RowMap& map, const RowCursor& row, std::int64_t i,
                            std::int64_t j) {
  const std::int64_t y = row.input_y() + i * map.dilation_height;
  const std::int64_t x = row.input_x() + j * map.dilation_width;
  if (y < 0 || y >= map.in_height || x < 0 || x >= map.in_width) return -1;
  return row.offset() + i * map.dilation_height * map.line_stride +
         j * map.dilation_width * map.pixel_stride;
}

/// Calls f(segment, elements from the input's start) for the segments of a row that lie inside.
template <class F>
void for_each_segment_inside(const RowMap& map, const RowCursor& row, F&& f) {
  for (std::int64_t s = 0; s < map.segments(); ++s) {
    const std::int64_t offset =
        segment_offset(map, row, s / map.kernel_width, s % map.kernel_width);
    if (offset >= 0) f(static_cast<std::size_t>(s), offset);
  }
}

Extrema float_product(const FloatProduct& p, const Tile& tile) noexcept {
  Extrema extrema;
  const std::size_t panel_size =
      kPanelWidth * p.depth * static_cast<std::size_t>(p.rows.segments());
  RowCursor row(p.rows, tile.row_begin);
  for (std::size_t m = tile.row_begin; m < tile.row_end; ++m, row.next()) {
    for (std::size_t n = tile.panel_begin * kPanelWidth; n < last_column(tile, p.columns); ++n) {
      const float* b = p.b + n / kPanelWidth * panel_size + n % kPanelWidth;
      float sum = 0.0F;
      for_each_segment_inside(p.rows, row, [&](std::size_t s, std::int64_t offset) {
        for (std::size_t k = 0; k < p.depth; ++k) {
          sum += p.a[offset + static_cast<std::int64_t>(k)] * b[(s * p.depth + k) * kPanelWidth];
        }
      });
      const float bias = p.bias != nullptr ? p.bias[n] : 0.0F;
      const std::size_t to = m * p.out_stride + n;
      finish(p.activation, with_addend(sum + bias, p.addend, to), p.out[to], extrema);
    }
  }
  return extrema;
}

/// What was split off element k of packed segment `segment`, counted over all panels, of column n.
std::int32_t residual_weight(const Int8Residuals& r, std::size_t n, std::size_t segment,
                             std::size_t k) {
  if (r.ends == nullptr) return 0;
  for (std::size_t i = segment == 0 ? 0 : r.ends[segment - 1]; i < r.ends[segment]; ++i) {
    if (r.groups[i] == k / 4) return r.b[(i * kPanelWidth + n % kPanelWidth) * 4 + k % 4];
  }
  return 0;
}

/// Element k of packed segment `segment` of column n.
std::int32_t weight(const Int8Product& p, std::size_t n, std::size_t segment, std::size_t k) {
  const std::size_t segments = p.gathered != 0 ? 1 : static_cast<std::size_t>(p.rows.segments());
  const std::size_t all = n / kPanelWidth * segments + segment;
  const std::size_t group = all * (p.packed_depth / 4) + k / 4;
  return p.b[(group * kPanelWidth + n % kPanelWidth) * 4 + k % 4] +
         residual_weight(p.residuals, n, all, k);
}

std::int32_t exact_sum(const Int8Product& p, const RowCursor& row, std::size_t n,
                       std::int32_t zero_point) {
  std::int32_t sum = 0;
  for_each_segment_inside(p.rows, row, [&](std::size_t s, std::int64_t offset) {
    const std::size_t depth = p.gathered != 0 ? p.gathered : p.depth;
    for (std::size_t k = 0; k < depth; ++k) {
      const std::int32_t w = p.gathered != 0 ? weight(p, n, 0, s * depth + k) : weight(p, n, s, k);
      sum += (p.a[offset + static_cast<std::int64_t>(k)] - zero_point) * w;
    }
  });
  return sum;
}

Extrema int8_product(const Int8Product& p, const Tile& tile) noexcept {
  Extrema extrema;
  RowCursor row(p.rows, tile.row_begin);
  for (std::size_t m = tile.row_begin; m < tile.row_end; ++m, row.next()) {
    const Quantization& quantization = p.quantization[m / p.rows_per_range];
    for (std::size_t n = tile.panel_begin * kPanelWidth; n < last_column(tile, p.columns); ++n) {
      const std::int32_t sum = exact_sum(p, row, n, quantization.zero_point);
      if (p.accumulators != nullptr) {
        p.accumulators[m * p.out_stride + n] = sum;
        continue;
      }
      const float bias = p.bias != nullptr ? p.bias[n] : 0.0F;
      const float product = static_cast<float>(sum) * (quantization.scale * p.b_scales[n]);
      const std::size_t to = m * p.out_stride + n;
      finish(p.activation, with_addend(product + bias, p.addend, to), p.out[to], extrema);
    }
  }
  return extrema;
}

/// The transforms of kernels/winograd.hpp as matrices.
constexpr int kInput4[6][6] = {{4, 0, -5, 0, 1, 0},  {0, -4, -4, 1, 1, 0}, {0, 4, -4, -1, 1, 0},
                               {0, -2, -1, 2, 1, 0}, {0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1}};
constexpr int kOutput4[4][6] = {
    {1, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, 0}, {0, 1, 1, 4, 4, 0}, {0, 1, -1, 8, -8, 4}};
constexpr int kInput2[4][4] = {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}};
constexpr int kOutput2[2][4] = {{1, 1, 1, 0}, {0, 1, -1, -1}};
constexpr double kP = FloatWinogradProduct::kPoint;
constexpr double kQ = 1.0 / kP;
constexpr double kFloatInput[6][6] = {
    {1, 0, -kP* kP - kQ* kQ, 0, 1, 0}, {0, -kQ, -kQ* kQ, kP, 1, 0},
    {0, kQ, -kQ* kQ, -kP, 1, 0},       {0, -kP, -kP* kP, kQ, 1, 0},
    {0, kP, -kP* kP, -kQ, 1, 0},       {0, 1, 0, -kP* kP - kQ* kQ, 0, 1}};
constexpr double kFloatOutput[4][6] = {{1, 1, 1, 1, 1, 0},
                                       {0, kP, -kP, kQ, -kQ, 0},
                                       {0, kP* kP, kP* kP, kQ* kQ, kQ* kQ, 0},
                                       {0, kP* kP* kP, -kP* kP* kP, kQ* kQ* kQ, -kQ* kQ* kQ, 1}};

/// out = left * x * left^T, for x [Columns][Columns].
template <class Coefficient, class Wide, std::size_t Rows, std::size_t Columns>
void transform(const Coefficient (&left)[Rows][Columns], const Wide (&x)[Columns][Columns],
               Wide (&out)[Rows][Rows]) {
  for (std::size_t i = 0; i < Rows; ++i) {
    for (std::size_t j = 0; j < Rows; ++j) {
      out[i][j] = 0;
      for (std::size_t k = 0; k < Columns; ++k) {
        for (std::size_t l = 0; l < Columns; ++l) out[i][j] += left[i][k] * x[k][l] * left[j][l];
      }
    }
  }
}

/// Calls store(image, output row, column, sum) for the outputs of Winograd tiles of MxM, summed in
/// type Wide. `element(image, y, x, c)` is the input at (y, x) from the first output's first tap.
template <class Wide, std::size_t M, class Product, class Coefficient, class Element, class Store>
void for_each_winograd_sum(const Product& p, const Tile& tile,
                           const Coefficient (&input)[M + 2][M + 2],
                           const Coefficient (&output)[M][M + 2], Element&& element,
                           Store&& store) {
  constexpr std::size_t kSide = M + 2;
  const auto out_height = static_cast<std::size_t>(p.rows.out_height);
  const auto out_width = static_cast<std::size_t>(p.rows.out_width);
  const std::size_t panels = p.sums_row() / kPanelWidth;
  const std::size_t depth = (p.channels + Product::kGroup - 1) / Product::kGroup * Product::kGroup;
  const auto weight = [&](std::size_t position, std::size_t n, std::size_t c) {
    const std::size_t panel = position * panels + n / kPanelWidth;
    const std::size_t group = panel * depth / Product::kGroup + c / Product::kGroup;
    return p.b[(group * kPanelWidth + n % kPanelWidth) * Product::kGroup + c % Product::kGroup];
  };
  for (std::size_t t = tile.row_begin; t < tile.row_end; ++t) {
    const std::size_t image = t / (p.tiles_y() * p.tiles_x());
    const std::size_t y = t / p.tiles_x() % p.tiles_y() * M;
    const std::size_t x = t % p.tiles_x() * M;
    for (std::size_t n = tile.panel_begin * kPanelWidth; n < last_column(tile, p.columns); ++n) {
      Wide products[kSide][kSide] = {};
      for (std::size_t c = 0; c < p.channels; ++c) {
        Wide d[kSide][kSide];
        Wide v[kSide][kSide];
        for (std::size_t i = 0; i < kSide; ++i) {
          for (std::size_t j = 0; j < kSide; ++j) d[i][j] = element(image, y + i, x + j, c);
        }
        transform(input, d, v);
        for (std::size_t i = 0; i < kSide; ++i) {
          for (std::size_t j = 0; j < kSide; ++j) {
            products[i][j] += v[i][j] * weight(i * kSide + j, n, c);
          }
        }
      }
      Wide sums[M][M];
      transform(output, products, sums);
      for (std::size_t i = 0; i < M && y + i < out_height; ++i) {
        for (std::size_t j = 0; j < M && x + j < out_width; ++j) {
          store(image, (image * out_height + y + i) * out_width + x + j, n, sums[i][j]);
        }
      }
    }
  }
}

template <std::size_t M>
void winograd_tiles(const WinogradProduct& p, const Tile& tile, std::int64_t scale,
                    const int (&input)[M + 2][M + 2], const int (&output)[M][M + 2],
                    Extrema& extrema) {
  const auto element = [&](std::size_t image, std::size_t y, std::size_t x, std::size_t c) {
    return std::int64_t{p.a[image * static_cast<std::size_t>(p.rows.image_stride) +
                            y * static_cast<std::size_t>(p.rows.line_stride) +
                            x * static_cast<std::size_t>(p.rows.pixel_stride) + c]} -
           p.quantization[image / p.images_per_range].zero_point;
  };
  for_each_winograd_sum<std::int64_t, M>(
      p, tile, input, output, element,
      [&](std::size_t image, std::size_t row, std::size_t n, std::int64_t scaled) {
        const auto sum = static_cast<std::int32_t>(scaled / scale);
        if (p.accumulators != nullptr) {
          p.accumulators[row * p.out_stride + n] = sum;
          return;
        }
        const float bias = p.bias != nullptr ? p.bias[n] : 0.0F;
        const float product = static_cast<float>(sum) *
                              (p.quantization[image / p.images_per_range].scale * p.b_scales[n]);
        const std::size_t to = row * p.out_stride + n;
        finish(p.activation, with_addend(product + bias, p.addend, to), p.out[to], extrema);
      });
}

Extrema winograd_product(const WinogradProduct& p, const Tile& tile, std::byte*) noexcept {
  Extrema extrema;
  if (p.tile_size == 4) {
    winograd_tiles<4>(p, tile, 576, kInput4, kOutput4, extrema);
  } else {
    winograd_tiles<2>(p, tile, 4, kInput2, kOutput2, extrema);
  }
  return extrema;
}

Extrema float_winograd_product(const FloatWinogradProduct& p, const Tile& tile,
                               std::byte*) noexcept {
  Extrema extrema;
  const auto element = [&](std::size_t image, std::size_t row, std::size_t column, std::size_t c) {
    const std::int64_t y = static_cast<std::int64_t>(row) - p.rows.pad_top;
    const std::int64_t x = static_cast<std::int64_t>(column) - p.rows.pad_left;
    if (y < 0 || y >= p.rows.in_height || x < 0 || x >= p.rows.in_width) return 0.0;
    return double{
        p.a[static_cast<std::int64_t>(image) * p.rows.image_stride + y * p.rows.line_stride +
            x * p.rows.pixel_stride + static_cast<std::int64_t>(c)]};
  };
  for_each_winograd_sum<double, 4>(p, tile, kFloatInput, kFloatOutput, element,
                                   [&](std::size_t, std::size_t row, std::size_t n, double sum) {
                                     const float bias = p.bias != nullptr ? p.bias[n] : 0.0F;
                                     const std::size_t to = row * p.out_stride + n;
                                     const float biased = static_cast<float>(sum) + bias;
                                     finish(p.activation, with_addend(biased, p.addend, to),
                                            p.out[to], extrema);
                                   });
  return extrema;
}

float depthwise_sum(const DepthwiseProduct& p, const RowCursor& row, std::size_t c) {
  float sum = p.bias != nullptr ? p.bias[c] : 0.0F;
  for (std::int64_t j = 0; j < p.rows.kernel_width; ++j) {
    for (std::int64_t i = 0; i < p.rows.kernel_height; ++i) {
      const std::int64_t offset = segment_offset(p.rows, row, i, j);
      if (offset < 0) continue;
      const auto s = static_cast<std::size_t>(i * p.rows.kernel_width + j);
      sum += p.a[offset + static_cast<std::int64_t>(c)] * p.weights[s * p.channels + c];
    }
  }
  return sum;
}

Extrema depthwise_product(const DepthwiseProduct& p, std::size_t line_begin,
                          std::size_t line_end) noexcept {
  Extrema extrema;
  const std::size_t width = static_cast<std::size_t>(p.rows.out_width);
  RowCursor row(p.rows, line_begin * width);
  for (std::size_t m = line_begin * width; m < line_end * width; ++m, row.next()) {
    for (std::size_t c = 0; c < p.channels; ++c) {
      finish(p.activation, depthwise_sum(p, row, c), p.out[m * p.channels + c], extrema);
    }
  }
  return p.wants_extrema ? extrema : Extrema{};
}

/// The larger one; NaN when either is.
float larger(float x, float y) {
  return x > y || std::isnan(x) ? x : y;
}
float smaller(float x, float y) {
  return x < y || std::isnan(x) ? x : y;
}

void pool(const Pool& p, std::size_t line_begin, std::size_t line_end) noexcept {
  const std::size_t width = static_cast<std::size_t>(p.rows.out_width);
  RowCursor row(p.rows, line_begin * width);
  for (std::size_t m = line_begin * width; m < line_end * width; ++m, row.next()) {
    for (std::size_t c = 0; c < p.channels; ++c) {
      float largest = -std::numeric_limits<float>::infinity();
      float sum = 0.0F;
      std::int64_t count = 0;
      for_each_segment_inside(p.rows, row, [&](std::size_t, std::int64_t offset) {
        const float x = p.a[offset + static_cast<std::int64_t>(c)];
        largest = larger(x, largest);
        sum += x;
        ++count;
      });
      const auto divisor = static_cast<float>(p.divisor != 0 ? p.divisor : count);
      p.out[m * p.channels + c] = p.method == PoolMethod::maximum ? largest : sum / divisor;
    }
  }
}

Extrema extrema(const float* x, std::size_t n) noexcept {
  Extrema result;
  for (std::size_t i = 0; i < n; ++i) {
    if (!std::isfinite(x[i])) result.finite = false;
    if (x[i] < result.low) result.low = x[i];
    if (x[i] > result.high) result.high = x[i];
  }
  return result;
}

/// Sixteen sums, element i in number i % 16, added in order: the order of every instruction set, so
/// that all give the same bits.
MomentSums moments(const float* x, std::size_t n) noexcept {
  constexpr std::size_t kSums = 16;
  MomentSums sums[kSums];
  for (std::size_t i = 0; i < n; ++i) {
    const double value = x[i];
    MomentSums& to = sums[i % kSums];
    to.sum += value;
    to.sum_magnitudes += std::abs(value);
    to.sum_squares += value * value;
  }
  MomentSums total;
  for (const MomentSums& s : sums) {
    total.sum += s.sum;
    total.sum_magnitudes += s.sum_magnitudes;
    total.sum_squares += s.sum_squares;
  }
  return total;
}

void histogram(const float* x, std::size_t n, const HistogramBins& bins,
               std::uint64_t* counts) noexcept {
  const auto last = static_cast<float>(bins.bins - 1);
  for (std::size_t i = 0; i < n; ++i) {
    const float value = bins.magnitudes ? std::abs(x[i]) : x[i];
    const float position = (value - bins.low) * bins.bins_per_unit;
    ++counts[static_cast<std::size_t>(position > 0.0F ? (position < last ? position : last)
                                                      : 0.0F)];
  }
}

void quantize(const float* x, std::size_t n, const Quantization& to, std::uint8_t* out) noexcept {
  for (std::size_t i = 0; i < n; ++i) {
    // Beyond 512 on either side all is clamped in the end; within, the rounded value fits an int.
    const float scaled = x[i] * to.reciprocal;
    const float bounded = scaled < 512.0F ? (scaled > -512.0F ? scaled : -512.0F) : 512.0F;
    const int q = static_cast<int>(std::nearbyint(bounded)) + to.zero_point;
    out[i] = static_cast<std::uint8_t>(q < 0 ? 0 : q > 255 ? 255 : q);
  }
}

void unary(UnaryMethod method, float alpha, float beta, const float* x, std::size_t n,
           float* out) noexcept {
  for (std::size_t i = 0; i < n; ++i) out[i] = unary_value(method, alpha, beta, x[i]);
}

float binary_value(BinaryMethod method, float x, float y) {
  switch (method) {
    case BinaryMethod::add:
      return x + y;
    case BinaryMethod::subtract:
      return x - y;
    case BinaryMethod::multiply:
      return x * y;
    case BinaryMethod::divide:
      return x / y;
    case BinaryMethod::minimum:
      return smaller(x, y);
    case BinaryMethod::maximum:
      return larger(x, y);
  }
  return x;
}

void binary(BinaryMethod method, const float* x, std::size_t x_step, const float* y,
            std::size_t y_step, std::size_t n, float* out) noexcept {
  for (std::size_t i = 0; i < n; ++i) {
    out[i] = binary_value(method, x[i * x_step], y[i * y_step]);
  }
}

void softmax(const float* x, std::size_t rows, std::size_t n, float* out) noexcept {
  for (std::size_t r = 0; r < rows; ++r, x += n, out += n) {
    float largest = -std::numeric_limits<float>::infinity();
    for (std::size_t i = 0; i < n; ++i) largest = larger(x[i], largest);
    double sum = 0.0;
    for (std::size_t i = 0; i < n; ++i) sum += std::exp(double{x[i]} - double{largest});
    for (std::size_t i = 0; i < n; ++i) {
      out[i] = static_cast<float>(std::exp(double{x[i]} - double{largest}) / sum);
    }
  }
}

}  // namespace

constinit const KernelTable reference_kernels = {
    "reference",       float_product, int8_product, winograd_product, float_winograd_product,
    depthwise_product, pool,          extrema,      moments,          histogram,
    quantize,          unary,         binary,       softmax};

}  // namespace octavo::kernels
