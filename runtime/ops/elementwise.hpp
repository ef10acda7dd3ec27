#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "runtime/ops/broadcast.hpp"
#include "runtime/ops/operator.hpp"
#include "runtime/ops/strided.hpp"

/// Steps that apply a function to every element, by plain loops, for any types.
namespace octavo::ops {

/// One row of n elements: out[i] = f(x[i], alpha, beta).
using MapRow = void (*)(const std::byte* x, std::size_t n, float alpha, float beta, std::byte* out);

/// One row: out[i] = f(x[i * x_step], y[i * y_step]); the steps, in elements, are 0 or 1.
struct BroadcastRow {
  void (*run)(const std::byte* x, std::size_t x_step, const std::byte* y, std::size_t y_step,
              std::size_t n, std::byte* out);
  std::size_t x_bytes, y_bytes, out_bytes;  ///< of an element
};

/// Maps input 0 to output 0.
std::unique_ptr<Step> make_map_step(const NodeView& node, MapRow row, float alpha = 0.0F,
                                    float beta = 0.0F);

/// Combines inputs 0 and 1, which broadcast to output 0.
std::unique_ptr<Step> make_broadcast_step(const NodeView& node, const BroadcastRow& row);

/// A row of F{}(x, alpha, beta).
template <class X, class Out, class F>
void map_row(const std::byte* x, std::size_t n, float alpha, float beta, std::byte* out) {
  const auto* from = reinterpret_cast<const X*>(x);
  auto* to = reinterpret_cast<Out*>(out);
  for (std::size_t i = 0; i < n; ++i) to[i] = F{}(from[i], alpha, beta);
}

template <class X, class Y, class Out, class F>
void run_broadcast_row(const std::byte* x, std::size_t x_step, const std::byte* y,
                       std::size_t y_step, std::size_t n, std::byte* out) {
  const auto* left = reinterpret_cast<const X*>(x);
  const auto* right = reinterpret_cast<const Y*>(y);
  auto* to = reinterpret_cast<Out*>(out);
  for (std::size_t i = 0; i < n; ++i) to[i] = F{}(left[i * x_step], right[i * y_step]);
}

/// A row of F{}(x, y).
template <class X, class Y, class Out, class F>
inline constexpr BroadcastRow broadcast_row{run_broadcast_row<X, Y, Out, F>, sizeof(X), sizeof(Y),
                                            sizeof(Out)};

/// Loops over a result of shape `out` that read operands which broadcast to it.
template <std::size_t N>
StridedLoops<N> broadcast_loops(const NodeView& node, const std::array<Shape, N>& operands,
                                const Shape& out) {
  std::vector<typename StridedLoops<N>::Loop> dimensions(out.size());
  for (std::size_t k = 0; k < N; ++k) {
    const std::vector<std::int64_t> strides = broadcast_strides(operands[k], out);
    for (std::size_t i = 0; i < out.size(); ++i) {
      dimensions[i].extent = out[i];
      dimensions[i].strides[k] = strides[i];
    }
  }
  return {node, dimensions};
}

}  // namespace octavo::ops
