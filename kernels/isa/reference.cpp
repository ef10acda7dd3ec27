// The kernels as plain loops: the specification of every other instruction set.
#include "kernels/isa/reference/products.hpp"
#include "kernels/isa/reference/vectors.hpp"
#include "kernels/isa/reference/weights.hpp"
#include "kernels/isa/reference/winograd.hpp"
#include "kernels/kernels.hpp"

namespace octavo::kernels {

extern const FloatKernels reference_floats;
constinit const FloatKernels reference_floats = {float_product,
                                                 float_winograd_product,
                                                 depthwise_product,
                                                 pool,
                                                 extrema,
                                                 moments,
                                                 histogram,
                                                 quantize,
                                                 quantize_panel,
                                                 rounding_noise,
                                                 round_weights,
                                                 unary,
                                                 binary,
                                                 softmax};

extern const Int8Kernels reference_int8;
constinit const Int8Kernels reference_int8 = {int8_product, winograd_product};

}  // namespace octavo::kernels
