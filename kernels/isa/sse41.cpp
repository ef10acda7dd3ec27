#include "kernels/body/table.hpp"

namespace octavo::kernels {

extern const FloatKernels sse41_floats;
constinit const FloatKernels sse41_floats = float_kernels<xsimd::sse4_1>();

extern const Int8Kernels sse41_int8;
constinit const Int8Kernels sse41_int8 = int8_kernels<xsimd::sse4_1>();

}  // namespace octavo::kernels
