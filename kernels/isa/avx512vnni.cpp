#include "kernels/body/table.hpp"

namespace octavo::kernels {

extern const Int8Kernels avx512vnni_int8;
constinit const Int8Kernels avx512vnni_int8 = int8_kernels<simd::avx512vnni>();

}  // namespace octavo::kernels
