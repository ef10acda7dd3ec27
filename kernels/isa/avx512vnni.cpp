#include "kernels/body/table.hpp"

namespace octavo::kernels {

extern const KernelTable avx512vnni_kernels;
constinit const KernelTable avx512vnni_kernels = kernel_table<simd::avx512vnni>("avx512vnni");

}  // namespace octavo::kernels
