#include "tests/kernels/emulated/kernels.hpp"

namespace octavo::test {

extern const kernels::KernelTable emulated_avxvnni;
constinit const kernels::KernelTable emulated_avxvnni =
    kernels::kernel_table<Emulated<32, true>>("emulated avxvnni");

}  // namespace octavo::test
