#include "tests/kernels/emulated/kernels.hpp"

namespace octavo::test {

extern const kernels::Int8Kernels emulated_avx512vnni_int8;
constinit const kernels::Int8Kernels emulated_avx512vnni_int8 =
    kernels::int8_kernels<Emulated<64, true>>();

}  // namespace octavo::test
