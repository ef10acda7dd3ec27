#include "kernels/body/table.hpp"

namespace octavo::kernels {

extern const KernelTable avxvnni_kernels;
constinit const KernelTable avxvnni_kernels = kernel_table<simd::avxvnni>("avxvnni");

}  // namespace octavo::kernels
