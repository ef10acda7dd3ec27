#include "kernels/body/table.hpp"

namespace octavo::kernels {

extern const KernelTable sse41_kernels;
constinit const KernelTable sse41_kernels = kernel_table<xsimd::sse4_1>("sse4.1");

}  // namespace octavo::kernels
