#include "kernels/body/table.hpp"

namespace octavo::kernels {

extern const Int8Kernels dotprod_int8;
constinit const Int8Kernels dotprod_int8 = int8_kernels<xsimd::neon64>();

}  // namespace octavo::kernels
