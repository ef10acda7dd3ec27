#include "kernels/body/table.hpp"

namespace octavo::kernels {

extern const FloatKernels avx512_floats;
constinit const FloatKernels avx512_floats = float_kernels<xsimd::avx512bw>();

extern const Int8Kernels avx512_int8;
constinit const Int8Kernels avx512_int8 = int8_kernels<xsimd::avx512bw>();

}  // namespace octavo::kernels
