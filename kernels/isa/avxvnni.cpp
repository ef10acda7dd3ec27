#include "kernels/body/table.hpp"

namespace octavo::kernels {

extern const Int8Kernels avxvnni_int8;
constinit const Int8Kernels avxvnni_int8 = int8_kernels<simd::avxvnni>();

}  // namespace octavo::kernels
