#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "kernels/body/int8_tiles.hpp"
#include "kernels/kernels.hpp"
#include "kernels/simd.hpp"

/// The innermost loops of the int8 product where four products of bytes are one exact instruction.
namespace octavo::kernels {
namespace {

/// acc = sum of (a - dot4_origin) * b for any b. With few rows, several groups are summed side by
/// side, so that the latency of one instruction does not bound the speed.
template <class A, std::size_t Rows, std::size_t Panels>
[[gnu::flatten]] void dot_tile(const Int8Tile& tile) noexcept {
  using Bytes = simd::batch<std::int8_t, A>;
  using Ints = simd::batch<std::int32_t, A>;
  constexpr std::size_t kOfPanel = kPanelWidth / Ints::size;
  constexpr std::size_t kVectors = Panels * kOfPanel;
  constexpr std::size_t kParts = simd::dot4_sums<A>;
  constexpr std::size_t kSums = Rows * kVectors * kParts;
  constexpr std::size_t kSteps = kSums >= 8 ? 1 : kSums >= 4 ? 2 : 4;

  const std::uint8_t* a[Rows];
  Ints sums[kSteps][Rows][kVectors][kParts];
  simd::unroll<Rows>([&](auto r) __attribute__((always_inline)) {
    a[r] = tile.rows[r];
    simd::unroll<kSteps * kVectors * kParts>([&](auto i) __attribute__((always_inline)) {
      sums[i / (kVectors * kParts)][r][i / kParts % kVectors][i % kParts] = Ints(0);
    });
  });
  const std::int8_t* b = tile.b;
  const auto add_group = [&](std::size_t k, auto s) __attribute__((always_inline)) {
    Bytes weights[kVectors];
    simd::unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
      const std::int8_t* from = b + v / kOfPanel * tile.panel_stride;
      weights[v] = Bytes::load_aligned(from + v % kOfPanel * Bytes::size);
      if constexpr (Rows <= kPrefetchRows && v % kOfPanel == 0) {
        simd::prefetch(from + kPrefetchBytes);
      }
    });
    b += kGroupBytes;
    simd::unroll<Rows>([&](auto r) __attribute__((always_inline)) {
      const auto x = simd::repeat4<A>(a[r] + k);
      simd::unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
        simd::dot4(sums[s][r][v], x, weights[v]);
      });
    });
  };
  for_each_segment(
      *tile.map, [&](std::size_t k) __attribute__((always_inline)) {
        const std::size_t end = k + 4 * tile.groups;
        for (; k + 4 * kSteps <= end; k += 4 * kSteps) {
          simd::unroll<kSteps>([&](auto s)
                                   __attribute__((always_inline)) { add_group(k + 4 * s, s); });
        }
        if constexpr (kSteps > 1) {
          for (; k < end; k += 4) add_group(k, std::integral_constant<std::size_t, 0>{});
        }
      });
  simd::unroll<Rows>([&](auto r) __attribute__((always_inline)) {
    simd::unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
      Ints total = simd::dot4_total(sums[0][r][v]);
      simd::unroll<kSteps - 1>([&](auto s) __attribute__((always_inline)) {
        total += simd::dot4_total(sums[s + 1][r][v]);
      });
      total.store_aligned(tile.acc + (v / kOfPanel * kMaxInt8Rows + r) * kPanelWidth +
                          v % kOfPanel * Ints::size);
    });
  });
}

/// What stands in for the second group of a pair that is not there.
alignas(64) constexpr std::int8_t kZeroGroup[kGroupBytes] = {};

/// acc = sum of a * b for any b, by products of small matrices: pairs of rows times pairs of
/// groups. The last of an odd number of rows is its own partner.
template <class A, std::size_t Rows>
[[gnu::flatten]] void matrix_tile(const Int8Tile& tile) noexcept {
  using Bytes = simd::batch<std::int8_t, A>;
  using Ints = simd::batch<std::int32_t, A>;
  constexpr std::size_t kVectors = kPanelWidth / Ints::size;
  constexpr std::size_t kPairs = (Rows + 1) / 2;

  const std::uint8_t* a[2 * kPairs];
  Ints sums[kPairs][kVectors][2];
  simd::unroll<2 * kPairs>([&](auto r) __attribute__((always_inline)) {
    a[r] = tile.rows[r < Rows ? r : Rows - 1];
    simd::unroll<kVectors>([&](auto v)
                               __attribute__((always_inline)) { sums[r / 2][v][r % 2] = Ints(0); });
  });
  const std::int8_t* b = tile.b;
  for_each_segment(
      *tile.map, [&](std::size_t k) __attribute__((always_inline)) {
        for (std::size_t g = 0; g < tile.groups; g += 2, k += 8) {
          const bool pair = g + 1 < tile.groups;
          const std::int8_t* next = pair ? b + kGroupBytes : kZeroGroup;
          if constexpr (Rows <= kPrefetchRows) simd::prefetch(b + kPrefetchBytes);
          simd::batch<std::uint8_t, A> x[kPairs];
          simd::unroll<kPairs>([&](auto p) __attribute__((always_inline)) {
            x[p] = simd::load_rows<A>(a[2 * p] + k, a[2 * p + 1] + k);
          });
          simd::unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
            const Bytes first = Bytes::load_aligned(b + v * Bytes::size);
            const Bytes second = Bytes::load_aligned(next + v * Bytes::size);
            simd::unroll<kPairs>([&](auto p) __attribute__((always_inline)) {
              simd::matrix_dot(sums[p][v], x[p], first, second);
            });
          });
          b += pair ? 2 * kGroupBytes : kGroupBytes;
        }
      });
  simd::unroll<Rows>([&](auto r) __attribute__((always_inline)) {
    simd::unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
      simd::matrix_row<r % 2>(sums[r / 2][v])
          .store_aligned(tile.acc + r * kPanelWidth + v * Ints::size);
    });
  });
}

/// As many as keep the sums, the panels' weights and one group of a in the registers. Eight sums
/// hide the latency of an addition.
template <class A, std::size_t Panels>
constexpr std::size_t kDotRows = [] {
  constexpr std::size_t kVectors = Panels * kPanelWidth / simd::lanes<std::int32_t, A>;
  constexpr std::size_t kBatches = kVectors * simd::dot4_sums<A>;
  constexpr std::size_t kSums = kBatches == 1 ? 8 : simd::register_count<A> == 32 ? 24 : 12;
  return kSums / kBatches;
}();

template <class A, std::size_t Rows, std::size_t Panels>
constexpr Int8TileFunction dot_tile_of() {
  if constexpr (simd::has_matrix_dot<A> && Rows > 1 && Panels == 1) {
    return &matrix_tile<A, Rows>;
  } else {
    return &dot_tile<A, Rows, Panels>;
  }
}

}  // namespace
}  // namespace octavo::kernels
