#include "tests/kernels/emulated/kernels.hpp"

namespace octavo::test {

extern const kernels::KernelTable emulated_avx512;
constinit const kernels::KernelTable emulated_avx512 =
    kernels::kernel_table<Emulated<64, false>>("emulated avx512");

}  // namespace octavo::test
