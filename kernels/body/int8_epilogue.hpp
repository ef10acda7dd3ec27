#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/body/epilogue.hpp"
#include "kernels/body/int8_block.hpp"
#include "kernels/body/store.hpp"
#include "kernels/kernels.hpp"
#include "kernels/simd.hpp"

/// From the sums of the int8 product's tiles to its output.
namespace octavo::kernels {
namespace {

/// Sums of one tile, counted from `origin`, on their way to the output.
struct Int8Sums {
  std::size_t first_row, rows;  ///< of the block
  std::size_t panel;
  std::int32_t origin;
  const std::int32_t* acc;
};

/// Some rows of a tile that share a quantization.
struct Int8Rows {
  std::size_t begin, end;
  const Quantization* quantization;
};

/// Whether all rows of a tile share a quantization.
template <class A>
bool shares_quantization(const Int8Block<A>& block, const Int8Sums& sums) {
  const Quantization* const* quantizations = block.quantizations + sums.first_row;
  return quantizations[0] == quantizations[sums.rows - 1];
}

/// Calls f(rows) for the runs of a tile's rows that share a quantization: mostly for all at once.
template <class A, class F>
[[gnu::always_inline]] inline void for_each_run(const Int8Block<A>& block, const Int8Sums& sums,
                                                F&& f) {
  const Quantization* const* quantizations = block.quantizations + sums.first_row;
  for (std::size_t begin = 0; begin < sums.rows;) {
    std::size_t end = begin + 1;
    while (end < sums.rows && quantizations[end] == quantizations[begin]) ++end;
    f(Int8Rows{begin, end, quantizations[begin]});
    begin = end;
  }
}

/// What takes the zero point out of the sums of one batch of columns.
template <class A>
simd::batch<std::int32_t, A> zero_point_correction(const Int8Product& p, const Int8Sums& sums,
                                                   const Quantization& quantization,
                                                   std::size_t column) {
  using Ints = simd::batch<std::int32_t, A>;
  return Ints(sums.origin - quantization.zero_point) * Ints::load_aligned(p.column_sums + column);
}

/// Brings the sums of a run of rows to floats, `Plain` as is_plain says. For each batch of columns
/// for_each_row(acc, start, finish) calls finish(acc, out, addend, index) for all rows: the sums,
/// and what is `index` elements behind the others.
template <class A, bool Plain, class ForEachRow>
[[gnu::always_inline]] inline void finish_int8_rows(const Int8Product& p, const Int8Block<A>& block,
                                                    const Int8Sums& sums, const Int8Rows& rows,
                                                    Epilogue<A>& epilogue,
                                                    const ForEachRow& for_each_row) {
  using Ints = simd::batch<std::int32_t, A>;
  using Floats = simd::batch<float, A>;
  for (std::size_t n = 0; n < kPanelWidth; n += Floats::size) {
    const std::size_t column = sums.panel * kPanelWidth + n;
    const std::size_t count = columns_from(column, p.columns);
    const simd::FirstLanes<A> lanes(count);
    const Ints correction = zero_point_correction<A>(p, sums, *rows.quantization, column);
    const Floats scale =
        Floats(rows.quantization->scale) * Floats::load_unaligned(p.b_scales + column);
    const Floats bias = bias_at<A>(p.bias, column);
    const std::size_t first_row = block.first_row + sums.first_row + rows.begin;
    for_each_row(
        sums.acc + rows.begin * kPanelWidth + n, first_row * p.out_stride + column,
        [&](const std::int32_t* acc, float* out, const float* addend, std::size_t index)
            __attribute__((always_inline)) {
              const Floats product = xsimd::to_float(Ints::load_aligned(acc) + correction) * scale;
              const Floats sum = with_addend(product + bias, addend, index);
              if constexpr (Plain) {
                epilogue.store_clamped(sum, lanes, out + index);
              } else {
                epilogue.store(sum, count, out + index);
              }
            });
  }
}

/// Brings the sums of one tile to floats; `Plain` as is_plain says.
template <class A, bool Plain>
void finish_int8_tile(const Int8Product& p, const Int8Block<A>& block, const Int8Sums& sums,
                      ExtremaLanes<A>& extrema) {
  const std::size_t out_stride = p.out_stride;
  const float* addend = p.addend;
  float* out = p.out;
  Epilogue<A> epilogue(p.activation, extrema);
  for_each_run<A>(
      block, sums, [&](const Int8Rows& rows) __attribute__((always_inline)) {
        const auto for_each_row = [&](const std::int32_t* acc, std::size_t index,
                                      const auto& finish) __attribute__((always_inline)) {
          for (std::size_t r = rows.begin; r < rows.end;
               ++r, acc += kPanelWidth, index += out_stride) {
            finish(acc, out, addend, index);
          }
        };
        finish_int8_rows<A, Plain>(p, block, sums, rows, epilogue, for_each_row);
      });
  epilogue.save(extrema);
}

/// The same for `Rows` plain rows that share a quantization, unrolled.
template <class A, std::size_t Rows>
void finish_whole_int8_tile(const Int8Product& p, const Int8Block<A>& block, const Int8Sums& sums,
                            ExtremaLanes<A>& extrema) {
  Epilogue<A> epilogue(p.activation, extrema);
  const auto for_each_row = [&](const std::int32_t* acc, std::size_t start, const auto& finish)
      __attribute__((always_inline)) {
    const auto finish_all = [&](const float* addend) __attribute__((always_inline)) {
      simd::unroll<Rows>([&](auto r) __attribute__((always_inline)) {
        finish(acc + r * kPanelWidth, p.out + start, addend, r * p.out_stride);
      });
    };
    if (p.addend != nullptr) {
      finish_all(p.addend + start);
    } else {
      finish_all(nullptr);
    }
  };
  const Int8Rows rows{0, Rows, block.quantizations[sums.first_row]};
  finish_int8_rows<A, true>(p, block, sums, rows, epilogue, for_each_row);
  epilogue.save(extrema);
}

/// Writes the sums of one tile as they are.
template <class A>
void store_int8_tile(const Int8Product& p, const Int8Block<A>& block, const Int8Sums& sums) {
  using Ints = simd::batch<std::int32_t, A>;
  for_each_run<A>(block, sums, [&](const Int8Rows& rows) {
    for (std::size_t n = 0; n < kPanelWidth; n += Ints::size) {
      const std::size_t column = sums.panel * kPanelWidth + n;
      const Ints correction = zero_point_correction<A>(p, sums, *rows.quantization, column);
      for (std::size_t r = rows.begin; r < rows.end; ++r) {
        const std::size_t row = block.first_row + sums.first_row + r;
        store_first(Ints::load_aligned(sums.acc + r * kPanelWidth + n) + correction,
                    columns_from(column, p.columns), p.accumulators + row * p.out_stride + column);
      }
    }
  });
}

/// Brings the sums of one tile to the output, fastest for tiles of `Rows` rows.
template <class A, std::size_t Rows>
void finish_int8_sums(const Int8Product& p, const Int8Block<A>& block, const Int8Sums& sums,
                      ExtremaLanes<A>& extrema) {
  if (p.accumulators != nullptr) {
    store_int8_tile<A>(p, block, sums);
  } else if (!is_plain<A>(p.activation, (sums.panel + 1) * kPanelWidth <= p.columns)) {
    finish_int8_tile<A, false>(p, block, sums, extrema);
  } else if (sums.rows == Rows && shares_quantization(block, sums)) {
    finish_whole_int8_tile<A, Rows>(p, block, sums, extrema);
  } else {
    finish_int8_tile<A, true>(p, block, sums, extrema);
  }
}

}  // namespace
}  // namespace octavo::kernels
