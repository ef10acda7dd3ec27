#include "kernels/body/table.hpp"

namespace octavo::kernels {

extern const KernelTable dotprod_kernels;
constinit const KernelTable dotprod_kernels = kernel_table<xsimd::neon64>("dotprod");

}  // namespace octavo::kernels
