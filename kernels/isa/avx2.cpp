#include "kernels/body/table.hpp"

namespace octavo::kernels {

extern const FloatKernels avx2_floats;
constinit const FloatKernels avx2_floats = float_kernels<xsimd::fma3<xsimd::avx2>>();

extern const Int8Kernels avx2_int8;
constinit const Int8Kernels avx2_int8 = int8_kernels<xsimd::fma3<xsimd::avx2>>();

}  // namespace octavo::kernels
