#include "kernels/body/table.hpp"

namespace octavo::kernels {

extern const FloatKernels neon_floats;
constinit const FloatKernels neon_floats = float_kernels<xsimd::neon64>();

extern const Int8Kernels neon_int8;
constinit const Int8Kernels neon_int8 = int8_kernels<xsimd::neon64>();

}  // namespace octavo::kernels
