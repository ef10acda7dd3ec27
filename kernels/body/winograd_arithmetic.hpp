#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/body/epilogue.hpp"
#include "kernels/kernels.hpp"
#include "kernels/simd.hpp"

/// Where integer and float Winograd convolution differ: how a tile's input is found and loaded, how
/// transformed inputs and weights are multiplied, and how sums become outputs.
namespace octavo::kernels {
namespace {

/// A tile's image and the position of its first output.
struct WinogradTile {
  std::size_t image, y, x;

  template <class Product>
  WinogradTile(const Product& p, std::size_t index) {
    const std::size_t line = index / p.tiles_x();
    x = index % p.tiles_x() * p.tile_size;
    y = line % p.tiles_y() * p.tile_size;
    image = line / p.tiles_y();
  }
};

/// Where a tile's input starts, and the elements from one position of it to the next.
template <class Source>
struct WinogradSource {
  const Source* start;
  std::size_t line, pixel;
};

inline WinogradSource<std::uint8_t> source_of(const WinogradProduct& p, const WinogradTile& tile,
                                              std::byte* /*room*/) {
  const auto pixel = static_cast<std::size_t>(p.rows.pixel_stride);
  const auto line = static_cast<std::size_t>(p.rows.line_stride);
  return {p.a + tile.image * static_cast<std::size_t>(p.rows.image_stride) + tile.y * line +
              tile.x * pixel,
          line, pixel};
}

/// The input itself, or where a part of it is padding a copy in `room`, zeros included.
inline WinogradSource<float> source_of(const FloatWinogradProduct& p, const WinogradTile& tile,
                                       std::byte* room) {
  const RowMap& map = p.rows;
  const std::int64_t side = static_cast<std::int64_t>(p.tile_size) + 2;
  const std::int64_t top = static_cast<std::int64_t>(tile.y) - map.pad_top;
  const std::int64_t left = static_cast<std::int64_t>(tile.x) - map.pad_left;
  const std::int64_t start = static_cast<std::int64_t>(tile.image) * map.image_stride +
                             top * map.line_stride + left * map.pixel_stride;
  if (top >= 0 && top + side <= map.in_height && left >= 0 && left + side <= map.in_width) {
    return {p.a + start, static_cast<std::size_t>(map.line_stride),
            static_cast<std::size_t>(map.pixel_stride)};
  }
  auto* const copy = reinterpret_cast<float*>(room);
  float* to = copy;
  for (std::int64_t i = 0; i < side; ++i) {
    for (std::int64_t j = 0; j < side; ++j, to += p.channels) {
      const bool inside =
          top + i >= 0 && top + i < map.in_height && left + j >= 0 && left + j < map.in_width;
      if (inside) {
        std::memcpy(to, p.a + (start + i * map.line_stride + j * map.pixel_stride),
                    p.channels * sizeof(float));
      } else {
        std::memset(to, 0, p.channels * sizeof(float));
      }
    }
  }
  return {copy, static_cast<std::size_t>(side) * p.channels, p.channels};
}

template <class A>
simd::batch<std::int16_t, A> load_operands(const std::uint8_t* from) {
  return simd::load_widened<A>(from);
}
template <class A>
simd::batch<float, A> load_operands(const float* from) {
  return simd::batch<float, A>::load_unaligned(from);
}

/// The channels of one step of a product, over and over.
template <class A>
simd::batch<std::int16_t, A> repeat_group(const std::int16_t* from) {
  return simd::repeat_pair<A>(from);
}
template <class A>
simd::batch<float, A> repeat_group(const float* from) {
  return simd::batch<float, A>(*from);
}

template <class A>
simd::batch<std::int32_t, A> multiply_add(const simd::batch<std::int16_t, A>& x,
                                          const simd::batch<std::int16_t, A>& w,
                                          const simd::batch<std::int32_t, A>& sum) {
  return simd::madd_add(sum, x, w);
}
template <class A>
simd::batch<float, A> multiply_add(const simd::batch<float, A>& x, const simd::batch<float, A>& w,
                                   const simd::batch<float, A>& sum) {
  return xsimd::fma(x, w, sum);
}

inline const Quantization& quantization_of(const WinogradProduct& p, const WinogradTile& tile) {
  return p.quantization[tile.image / p.images_per_range];
}

/// Brings the sums of one vector of columns to floats: what the activation is applied to.
template <class A, class Product>
class WinogradOutput {
  using Floats = simd::batch<float, A>;
  static constexpr bool kScaled = std::is_same_v<Product, WinogradProduct>;

 public:
  WinogradOutput(const Product& p, const WinogradTile& tile, std::size_t column)
      : bias_(bias_at<A>(p.bias, column)) {
    if constexpr (kScaled) {
      scale_ = Floats(quantization_of(p, tile).scale) * Floats::load_unaligned(p.b_scales + column);
    }
  }

  Floats operator()(const simd::batch<typename Product::Sum, A>& sum) const {
    if constexpr (kScaled) {
      return xsimd::to_float(sum) * scale_ + bias_;
    } else {
      return sum + bias_;
    }
  }

 private:
  Floats bias_, scale_;
};

/// Whether a product's outputs are finished by Epilogue::store_clamped.
template <class A>
bool is_plain(const WinogradProduct& p) {
  return p.accumulators == nullptr && is_plain<A>(p.activation, p.columns % kPanelWidth == 0);
}
template <class A>
bool is_plain(const FloatWinogradProduct& p) {
  return is_plain<A>(p.activation, p.columns % kPanelWidth == 0);
}

}  // namespace
}  // namespace octavo::kernels
