#include "kernels/winograd.hpp"

#include <algorithm>

namespace octavo::kernels {
namespace {

constexpr std::size_t kTaps = 9;

/// The rows of G, for the weights' type and m.
constexpr int kTransform4[6][3] = {{6, 0, 0}, {-4, -4, -4}, {-4, 4, -4},
                                   {1, 2, 4}, {1, -2, 4},   {0, 0, 6}};
constexpr int kTransform2[4][3] = {{2, 0, 0}, {1, 1, 1}, {1, -1, 1}, {0, 0, 2}};

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

auto transform_of(std::int8_t /*weight*/, std::size_t tile_size) {
  return tile_size == 4 ? &kTransform4[0] : &kTransform2[0];
}
auto transform_of(float /*weight*/, std::size_t /*tile_size*/) {
  return &kFloatTransform[0];
}

std::size_t divided_up(std::size_t n, std::size_t by) {
  return (n + by - 1) / by;
}

/// Element (row, column) of G g G^T; the taps of g are `channels` apart.
template <class Coefficient, class Weight>
Coefficient transformed(const Coefficient (*transform)[3], const Weight* g, std::size_t channels,
                        std::size_t row, std::size_t column) {
  Coefficient sum = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      sum += transform[row][i] * transform[column][j] * g[(3 * i + j) * channels];
    }
  }
  return sum;
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
  constexpr std::size_t kGroup = Product::kGroup;
  const std::size_t side = tile_size + 2;
  const std::size_t groups = divided_up(channels_, kGroup);
  const std::size_t panels = divided_up(columns, kPanelWidth);
  const auto* transform = transform_of(Weight{}, tile_size);
  for (std::size_t position = 0; position < side * side; ++position) {
    for (std::size_t n = 0; n < columns; ++n) {
      const std::size_t panel = position * panels + n / kPanelWidth;
      auto* to = data_.data() + panel * groups * kGroup * kPanelWidth + n % kPanelWidth * kGroup;
      const Weight* from = values.data() + n * kTaps * channels_;
      for (std::size_t c = 0; c < channels_; ++c) {
        to[c / kGroup * kGroup * kPanelWidth + c % kGroup] = static_cast<typename Product::Operand>(
            transformed(transform, from + c, channels_, position / side, position % side));
      }
    }
  }
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
