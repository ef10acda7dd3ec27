#include "tests/kernels/emulated/kernels.hpp"

namespace octavo::test {

extern const kernels::KernelTable emulated_avx512vnni;
constinit const kernels::KernelTable emulated_avx512vnni =
    kernels::kernel_table<Emulated<64, true>>("emulated avx512vnni");

}  // namespace octavo::test
