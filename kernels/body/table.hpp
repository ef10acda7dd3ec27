#pragma once

#include "kernels/body/depthwise.hpp"
#include "kernels/body/elementwise.hpp"
#include "kernels/body/float_product.hpp"
#include "kernels/body/int8_product.hpp"
#include "kernels/body/pool.hpp"
#include "kernels/body/quantize.hpp"
#include "kernels/body/quantize_panel.hpp"
#include "kernels/body/softmax.hpp"
#include "kernels/body/statistics.hpp"
#include "kernels/body/weights.hpp"
#include "kernels/body/winograd.hpp"
#include "kernels/kernels.hpp"

namespace octavo::kernels {
namespace {

/// The kernels of the instruction set that xsimd calls A.
template <class A>
constexpr FloatKernels float_kernels() {
  return {&float_product<A>,
          &float_winograd_product<A>,
          &depthwise_product<A>,
          &pool<A>,
          &extrema<A>,
          &moments<A>,
          &histogram<A>,
          &quantize<A>,
          &quantize_panel<A>,
          &rounding_noise<A>,
          &round_weights<A>,
          &unary<A>,
          &binary<A>,
          &softmax<A>};
}

template <class A>
constexpr Int8Kernels int8_kernels() {
  return {&int8_product<A>, &winograd_product<A>};
}

}  // namespace
}  // namespace octavo::kernels
