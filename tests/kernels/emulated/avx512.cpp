#include "tests/kernels/emulated/kernels.hpp"

namespace octavo::test {

extern const kernels::Int8Kernels emulated_avx512_int8;
constinit const kernels::Int8Kernels emulated_avx512_int8 =
    kernels::int8_kernels<Emulated<64, false>>();

extern const kernels::FloatKernels emulated_avx512_floats;
constinit const kernels::FloatKernels emulated_avx512_floats =
    kernels::float_kernels<Emulated<64, false>>();

}  // namespace octavo::test
