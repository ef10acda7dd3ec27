#include "kernels/body/table.hpp"

namespace octavo::kernels {

extern const KernelTable neon_kernels;
constinit const KernelTable neon_kernels = kernel_table<xsimd::neon64>("neon");

}  // namespace octavo::kernels
