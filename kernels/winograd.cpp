#include "kernels/winograd.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "kernels/weight_vectors.hpp"

namespace octavo::kernels {
namespace {

constexpr std::size_t kTaps = 9;

/// The rows of G for floats.
constexpr double kP2 = FloatWinogradProduct::kPoint * FloatWinogradProduct::kPoint;
constexpr double kQ2 = 1.0 / kP2;
constexpr double kOfP = 0.5 / (kP2 * (kP2 - kQ2));
constexpr double kOfQ = 0.5 / (kQ2 * (kQ2 - kP2));
constexpr double kP = FloatWinogradProduct::kPoint;
constexpr double kQ = 1.0 / kP;
constexpr double kFloatTransform[6][3] = {{1, 0, 0},
                                          {kOfP, kOfP* kP, kOfP* kP2},
                                          {kOfP, -kOfP* kP, kOfP* kP2},
                                          {kOfQ, kOfQ* kQ, kOfQ* kQ2},
                                          {kOfQ, -kOfQ* kQ, kOfQ* kQ2},
                                          {0, 0, 1}};

std::size_t divided_up(std::size_t n, std::size_t by) {
  return (n + by - 1) / by;
}

/// Element (row, column) of G g G^T; the taps of g are `channels` apart.
double transformed(const float* g, std::size_t channels, std::size_t row, std::size_t column) {
  double sum = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      sum += kFloatTransform[row][i] * kFloatTransform[column][j] *
             static_cast<double>(g[(3 * i + j) * channels]);
    }
  }
  return sum;
}

/// Eight channels.
using Bytes = std::int8_t __attribute__((vector_size(8)));
using Words = std::int32_t __attribute__((vector_size(16)));
constexpr std::size_t kChannels = 8;

/// The rows of G, times three values.
void transform(const Shorts& a, const Shorts& b, const Shorts& c, std::size_t tile_size,
               Shorts* out, std::size_t step) {
  const Shorts ends = a + c;
  if (tile_size == 2) {
    out[0] = a + a;
    out[step] = ends + b;
    out[2 * step] = ends - b;
    out[3 * step] = c + c;
    return;
  }
  const Shorts outer = a + 4 * c;
  const Shorts middle = b + b;
  out[0] = 6 * a;
  out[step] = -4 * (ends + b);
  out[2 * step] = -4 * (ends - b);
  out[3 * step] = outer + middle;
  out[4 * step] = outer - middle;
  out[5 * step] = 6 * c;
}

/// G g G^T of up to eight channels, [side][side].
void transform_kernel(const std::int8_t* g, std::size_t channels, std::size_t count,
                      std::size_t tile_size, Shorts* out) {
  std::array<Shorts, kTaps> taps;
  for (std::size_t tap = 0; tap < kTaps; ++tap) {
    Bytes bytes{};
    std::memcpy(&bytes, g + tap * channels, count);
    taps[tap] = __builtin_convertvector(bytes, Shorts);
  }
  const std::size_t side = tile_size + 2;
  std::array<Shorts, 6 * 3> rows;
  for (std::size_t j = 0; j < 3; ++j) {
    transform(taps[j], taps[3 + j], taps[6 + j], tile_size, &rows[j], 3);
  }
  for (std::size_t i = 0; i < side; ++i) {
    const Shorts* row = &rows[3 * i];
    transform(row[0], row[1], row[2], tile_size, out + i * side, 1);
  }
}

/// Writes what 4 columns hold of 4 groups, each a column's, as 4 columns of each group.
void write_groups(const Shorts* columns, std::size_t groups, std::int16_t* to,
                  std::size_t group_size) {
  std::array<Words, 4> w;
  std::memcpy(w.data(), columns, sizeof w);
  const Words low0 = __builtin_shufflevector(w[0], w[1], 0, 4, 1, 5);
  const Words low1 = __builtin_shufflevector(w[2], w[3], 0, 4, 1, 5);
  const Words high0 = __builtin_shufflevector(w[0], w[1], 2, 6, 3, 7);
  const Words high1 = __builtin_shufflevector(w[2], w[3], 2, 6, 3, 7);
  const std::array<Words, 4> out{__builtin_shufflevector(low0, low1, 0, 1, 4, 5),
                                 __builtin_shufflevector(low0, low1, 2, 3, 6, 7),
                                 __builtin_shufflevector(high0, high1, 0, 1, 4, 5),
                                 __builtin_shufflevector(high0, high1, 2, 3, 6, 7)};
  for (std::size_t g = 0; g < groups; ++g) std::memcpy(to + g * group_size, &out[g], sizeof(Words));
}

/// Integer weights, eight channels of a panel at a time.
void pack(std::span<const std::int8_t> values, std::size_t columns, std::size_t channels,
          std::size_t tile_size, std::int16_t* data) {
  constexpr std::size_t kGroup = WinogradProduct::kGroup;
  static_assert(kGroup == 2);
  constexpr std::size_t kGroupSize = kGroup * kPanelWidth;
  const std::size_t groups = divided_up(channels, kGroup);
  const std::size_t panels = divided_up(columns, kPanelWidth);
  const std::size_t positions = (tile_size + 2) * (tile_size + 2);
  std::array<std::array<Shorts, 36>, kPanelWidth> kernels;
  for (std::size_t panel = 0; panel < panels; ++panel) {
    const std::size_t first = panel * kPanelWidth;
    const std::size_t width = std::min(kPanelWidth, columns - first);
    kernels = {};
    for (std::size_t c = 0; c < channels; c += kChannels) {
      const std::size_t count = std::min(kChannels, channels - c);
      for (std::size_t n = 0; n < width; ++n) {
        transform_kernel(values.data() + (first + n) * kTaps * channels + c, channels, count,
                         tile_size, kernels[n].data());
      }
      const std::size_t group = c / kGroup;
      for (std::size_t position = 0; position < positions; ++position) {
        std::int16_t* to = data + ((position * panels + panel) * groups + group) * kGroupSize;
        for (std::size_t n = 0; n < kPanelWidth; n += 4) {
          const std::array<Shorts, 4> four{kernels[n][position], kernels[n + 1][position],
                                           kernels[n + 2][position], kernels[n + 3][position]};
          write_groups(four.data(), std::min<std::size_t>(4, groups - group), to + n * kGroup,
                       kGroupSize);
        }
      }
    }
  }
}

/// Float weights are transformed in double and rounded once.
void pack(std::span<const float> values, std::size_t columns, std::size_t channels,
          std::size_t /*tile_size*/, float* data) {
  constexpr std::size_t kGroup = FloatWinogradProduct::kGroup;
  constexpr std::size_t kSide = 6;
  const std::size_t groups = divided_up(channels, kGroup);
  const std::size_t panels = divided_up(columns, kPanelWidth);
  for (std::size_t position = 0; position < kSide * kSide; ++position) {
    for (std::size_t n = 0; n < columns; ++n) {
      const std::size_t panel = position * panels + n / kPanelWidth;
      float* to = data + panel * groups * kGroup * kPanelWidth + n % kPanelWidth * kGroup;
      const float* from = values.data() + n * kTaps * channels;
      for (std::size_t c = 0; c < channels; ++c) {
        to[c / kGroup * kGroup * kPanelWidth + c % kGroup] =
            static_cast<float>(transformed(from + c, channels, position / kSide, position % kSide));
      }
    }
  }
}

}  // namespace

bool winograd_is_exact(std::span<const std::int8_t> values, std::size_t columns,
                       std::size_t tile_size) {
  const std::int64_t limit = std::int64_t{1} << (tile_size == 4 ? 25U : 29U);
  const std::size_t size = values.size() / columns;
  for (std::size_t n = 0; n < columns; ++n) {
    std::int64_t positive = 0;
    std::int64_t negative = 0;
    for (const std::int8_t w : values.subspan(n * size, size)) (w > 0 ? positive : negative) += w;
    if (255 * std::max(positive, -negative) >= limit) return false;
  }
  return true;
}

template <class Product, class Weight>
PackedWinogradWeights<Product, Weight>::PackedWinogradWeights(std::span<const Weight> values,
                                                              std::size_t columns,
                                                              std::size_t tile_size)
    : columns_(columns),
      channels_(values.size() / (columns * kTaps)),
      tile_size_(tile_size),
      data_((tile_size + 2) * (tile_size + 2) * divided_up(columns, kPanelWidth) *
            divided_up(channels_, Product::kGroup) * Product::kGroup * kPanelWidth) {
  pack(values, columns, channels_, tile_size, data_.data());
}

template <class Product, class Weight>
void PackedWinogradWeights<Product, Weight>::bind(Product& product) const {
  product.b = data_.data();
  product.columns = columns_;
  product.channels = channels_;
  product.tile_size = tile_size_;
}

template class PackedWinogradWeights<WinogradProduct, std::int8_t>;
template class PackedWinogradWeights<FloatWinogradProduct, float>;

}  // namespace octavo::kernels
