#include "kernels/body/table.hpp"

namespace octavo::kernels {

extern const KernelTable avx512_kernels;
constinit const KernelTable avx512_kernels = kernel_table<xsimd::avx512bw>("avx512");

}  // namespace octavo::kernels
