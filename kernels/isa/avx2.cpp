#include "kernels/body/table.hpp"

namespace octavo::kernels {

extern const KernelTable avx2_kernels;
constinit const KernelTable avx2_kernels = kernel_table<xsimd::fma3<xsimd::avx2>>("avx2");

}  // namespace octavo::kernels
