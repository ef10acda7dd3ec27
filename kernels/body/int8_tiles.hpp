#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "kernels/kernels.hpp"
#include "kernels/simd.hpp"

/// The innermost loops of the int8 product: a few rows of a times one panel of b, into int32.
namespace octavo::kernels {
namespace {

/// The rows of a tile at most.
inline constexpr std::size_t kMaxInt8Rows = 12;

struct Int8Tile {
  const std::uint8_t* const* rows;  ///< the start of each row of a
  const RowMap* map;                ///< for the offsets of the segments
  std::size_t groups;               ///< of four elements in one segment
  const std::int8_t* b;
  std::size_t panel_stride;  ///< bytes from one panel of b to the next
  const std::int16_t* compensation;
  std::int32_t* acc;  ///< [panels][kMaxInt8Rows][kPanelWidth], aligned
};

using Int8TileFunction = void (*)(const Int8Tile&) noexcept;

/// Bytes of one group of four elements in a panel.
inline constexpr std::size_t kGroupBytes = 4 * kPanelWidth;

/// How far ahead b is prefetched where few rows make it the bottleneck.
inline constexpr std::size_t kPrefetchBytes = 1536;
inline constexpr std::size_t kPrefetchRows = 4;

template <class F>
[[gnu::always_inline]] inline void for_each_segment(const RowMap& map, F&& f) {
  for (std::int64_t i = 0; i < map.kernel_height; ++i) {
    for (std::int64_t j = 0; j < map.kernel_width; ++j) {
      f(static_cast<std::size_t>(i * map.dilation_height * map.line_stride +
                                 j * map.dilation_width * map.pixel_stride));
    }
  }
}

/// One chain: `length` groups summed in int16 lanes that start at the compensation, then widened.
template <class A, std::size_t Rows, class Length>
[[gnu::always_inline]] inline void add_chain(const std::uint8_t* const (&a)[Rows], std::size_t k,
                                             const std::int8_t* b, const std::int16_t* start,
                                             Length length, std::int32_t* acc) {
  using Bytes = simd::batch<std::int8_t, A>;
  using Shorts = simd::batch<std::int16_t, A>;
  using Ints = simd::batch<std::int32_t, A>;
  constexpr std::size_t kVectors = kPanelWidth / Ints::size;

  Shorts lanes[Rows][kVectors];
  simd::unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
    const Shorts first = Shorts::load_aligned(start + v * Shorts::size);
    simd::unroll<Rows>([&](auto r) __attribute__((always_inline)) { lanes[r][v] = first; });
  });
  const auto add_group = [&](std::size_t g) __attribute__((always_inline)) {
    Bytes weights[kVectors];
    simd::unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
      weights[v] = Bytes::load_aligned(b + g * kGroupBytes + v * Bytes::size);
    });
    if constexpr (Rows <= kPrefetchRows) simd::prefetch(b + g * kGroupBytes + kPrefetchBytes);
    simd::unroll<Rows>([&](auto r) __attribute__((always_inline)) {
      const auto x = simd::repeat4<A>(a[r] + k + 4 * g);
      simd::unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
        lanes[r][v] += simd::maddubs(x, weights[v]);
        simd::pin(lanes[r][v]);
        simd::pin(weights[v]);
      });
    });
  };
  if constexpr (std::is_same_v<Length, std::size_t>) {
    for (std::size_t g = 0; g < length; ++g) add_group(g);
  } else {
    simd::unroll<Length::value>(add_group);
  }
  Shorts ones(std::int16_t{1});
  simd::pin(ones);  // not kept in a register through the loop above
  simd::unroll<Rows>([&](auto r) __attribute__((always_inline)) {
    simd::unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
      std::int32_t* sum = acc + r * kPanelWidth + v * Ints::size;
      (Ints::load_aligned(sum) + simd::madd(lanes[r][v], ones)).store_aligned(sum);
    });
  });
}

/// acc = sum of (a - 128) * b. The int32 sums stay in the L1 cache, which leaves the registers to
/// the int16 lanes.
template <class A, std::size_t Rows, std::size_t Chain>
[[gnu::flatten]] void chain_tile(const Int8Tile& tile) noexcept {
  using Ints = simd::batch<std::int32_t, A>;
  const std::uint8_t* a[Rows];
  simd::unroll<Rows>([&](auto r) __attribute__((always_inline)) { a[r] = tile.rows[r]; });
  simd::unroll<Rows * kPanelWidth / Ints::size>([&](auto i) __attribute__((always_inline)) {
    Ints(0).store_aligned(tile.acc + i * Ints::size);
  });

  const std::int8_t* b = tile.b;
  const std::int16_t* start = tile.compensation;
  const std::size_t chains = tile.groups / Chain;
  const std::size_t rest = tile.groups % Chain;
  for_each_segment(
      *tile.map, [&](std::size_t k) __attribute__((always_inline)) {
        for (std::size_t c = 0; c < chains; ++c) {
          add_chain<A, Rows>(a, k, b, start, std::integral_constant<std::size_t, Chain>{},
                             tile.acc);
          k += 4 * Chain;
          b += kGroupBytes * Chain;
          start += 2 * kPanelWidth;
        }
        if (rest == 0) return;
        add_chain<A, Rows>(a, k, b, start, rest, tile.acc);
        b += kGroupBytes * rest;
        start += 2 * kPanelWidth;
      });
}

/// One group: each pair of products summed in int16 and widened at once.
template <class A, std::size_t Rows, std::size_t Vectors>
[[gnu::always_inline]] inline void add_plain_group(
    const std::uint8_t* const (&a)[Rows], std::size_t k, const std::int8_t* b,
    const simd::batch<std::int16_t, A>& ones, simd::batch<std::int32_t, A> (&sums)[Rows][Vectors]) {
  using Bytes = simd::batch<std::int8_t, A>;
  Bytes weights[Vectors];
  simd::unroll<Vectors>([&](auto v) __attribute__((always_inline)) {
    weights[v] = Bytes::load_aligned(b + v * Bytes::size);
  });
  if constexpr (Rows <= kPrefetchRows) simd::prefetch(b + kPrefetchBytes);
  simd::unroll<Rows>([&](auto r) __attribute__((always_inline)) {
    const auto x = simd::repeat4<A>(a[r] + k);
    simd::unroll<Vectors>([&](auto v) __attribute__((always_inline)) {
      sums[r][v] += simd::madd(simd::maddubs(x, weights[v]), ones);
      if constexpr (Rows > kPrefetchRows) {
        simd::pin(sums[r][v]);
        simd::pin(weights[v]);
      }
    });
  });
}

/// acc = sum of a * b. With few rows, several groups at a time.
template <class A, std::size_t Rows>
[[gnu::flatten]] void plain_tile(const Int8Tile& tile) noexcept {
  using Shorts = simd::batch<std::int16_t, A>;
  using Ints = simd::batch<std::int32_t, A>;
  constexpr std::size_t kVectors = kPanelWidth / Ints::size;
  constexpr std::size_t kSums = Rows * kVectors;
  constexpr std::size_t kSteps = kSums <= 2 ? 4 : kSums <= 4 ? 2 : 1;

  const std::uint8_t* a[Rows];
  Ints sums[Rows][kVectors];
  simd::unroll<Rows>([&](auto r) __attribute__((always_inline)) {
    a[r] = tile.rows[r];
    simd::unroll<kVectors>([&](auto v) __attribute__((always_inline)) { sums[r][v] = Ints(0); });
  });
  const Shorts ones(std::int16_t{1});
  const std::int8_t* b = tile.b;
  for_each_segment(
      *tile.map, [&](std::size_t k) __attribute__((always_inline)) {
        const std::size_t end = k + 4 * tile.groups;
        if constexpr (kSteps > 1) {
          for (; k + 4 * kSteps <= end; k += 4 * kSteps, b += kGroupBytes * kSteps) {
            simd::unroll<kSteps>([&](auto s) __attribute__((always_inline)) {
              add_plain_group<A, Rows>(a, k + 4 * s, b + kGroupBytes * s, ones, sums);
            });
          }
        }
        for (; k < end; k += 4, b += kGroupBytes) add_plain_group<A, Rows>(a, k, b, ones, sums);
      });
  simd::unroll<Rows>([&](auto r) __attribute__((always_inline)) {
    simd::unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
      sums[r][v].store_aligned(tile.acc + r * kPanelWidth + v * Ints::size);
    });
  });
}

/// acc = sum of a * b for any b: both widened to int16 on the way. A column's four products of a
/// group make two int32 sums, joined at the end.
template <class A, std::size_t Rows>
[[gnu::flatten]] void wide_tile(const Int8Tile& tile) noexcept {
  using Shorts = simd::batch<std::int16_t, A>;
  using Ints = simd::batch<std::int32_t, A>;
  constexpr std::size_t kVectors = kGroupBytes / Shorts::size;

  const std::uint8_t* a[Rows];
  Ints sums[Rows][kVectors];
  simd::unroll<Rows>([&](auto r) __attribute__((always_inline)) {
    a[r] = tile.rows[r];
    simd::unroll<kVectors>([&](auto v) __attribute__((always_inline)) { sums[r][v] = Ints(0); });
  });
  const std::int8_t* b = tile.b;
  for_each_segment(
      *tile.map, [&](std::size_t k) __attribute__((always_inline)) {
        for (const std::size_t end = k + 4 * tile.groups; k < end; k += 4, b += kGroupBytes) {
          simd::prefetch(b + kPrefetchBytes);
          Shorts x[Rows];
          simd::unroll<Rows>([&](auto r) __attribute__((always_inline)) {
            x[r] = simd::repeat4_widened<A>(a[r] + k);
          });
          simd::unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
            const Shorts weights = simd::load_widened<A>(b + v * Shorts::size);
            simd::unroll<Rows>([&](auto r) __attribute__((always_inline)) {
              sums[r][v] = simd::madd_add(sums[r][v], x[r], weights);
            });
          });
        }
      });
  simd::unroll<Rows>([&](auto r) __attribute__((always_inline)) {
    simd::unroll<kVectors / 2>([&](auto v) __attribute__((always_inline)) {
      simd::add_pairs(sums[r][2 * v], sums[r][2 * v + 1])
          .store_aligned(tile.acc + r * kPanelWidth + v * Ints::size);
    });
  });
}

}  // namespace
}  // namespace octavo::kernels
