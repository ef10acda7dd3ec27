#include "kernels/body/table.hpp"

namespace octavo::kernels {

extern const KernelTable i8mm_kernels;
constinit const KernelTable i8mm_kernels = kernel_table<xsimd::neon64>("i8mm");

}  // namespace octavo::kernels
