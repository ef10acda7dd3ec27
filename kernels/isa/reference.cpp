// The kernels as plain loops: the specification of every other instruction set.
#include "kernels/isa/reference/products.hpp"
#include "kernels/isa/reference/vectors.hpp"
#include "kernels/isa/reference/winograd.hpp"
#include "kernels/kernels.hpp"

namespace octavo::kernels {

extern const KernelTable reference_kernels;
constinit const KernelTable reference_kernels = {
    "reference",       float_product, int8_product, winograd_product, float_winograd_product,
    depthwise_product, pool,          extrema,      moments,          histogram,
    quantize,          unary,         binary,       softmax};

}  // namespace octavo::kernels
