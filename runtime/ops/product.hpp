#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kernels/kernels.hpp"
#include "kernels/packing.hpp"
#include "runtime/ops/operator.hpp"

/// What Linear and Conv share: constants of a product, its epilogue, and quantizing its input.
namespace octavo::ops {

/// The inputs of a Conv or Linear that follow its input 0; scales belong to int8 weights.
inline constexpr std::size_t kWeight = 1;
inline constexpr std::size_t kBias = 2;
inline constexpr std::size_t kWeightScale = 3;

/// The input of a Conv or Linear that is added to its sums before the activation, shaped like its
/// output; it is computed while the graph runs, unlike what lies before it.
inline constexpr std::size_t kAddend = 4;
inline constexpr InputSet kPackedInputs = input_set({1, 2, 3});

/// Checks weight, bias and weight_scale of a product: constants of the right types and sizes.
void check_product_constants(const NodeView& node);

/// Whether a product can add another tensor to its sums: not depthwise convolutions, nor those over
/// volumes.
bool takes_addend(const NodeView& node);

/// Checks the addend, if there is one, of a product whose output has this shape.
void check_addend(const NodeView& node, const Shape& output);

/// The addend of a step, null when it has none.
inline const float* addend_of(const StepMemory& memory) {
  return memory.inputs.size() > kAddend ? memory.input<float>(kAddend) : nullptr;
}

/// What the steps of Linear and Conv have in common.
class ProductStep : public Step {
 public:
  [[nodiscard]] bool gives_extrema() const override { return true; }
  [[nodiscard]] InputSet overwritable() const override { return input_set({kAddend}); }
};

/// What follows the sum: bias and activation. Owns copies.
class ProductEpilogue {
 public:
  explicit ProductEpilogue(const NodeView& node);

  [[nodiscard]] const float* bias() const { return bias_.empty() ? nullptr : bias_.data(); }
  [[nodiscard]] const kernels::Activation& activation() const { return activation_; }

 private:
  std::vector<float> bias_;
  kernels::Activation activation_;
};

/// Quantizes `lines` lines of `length` floats, lines / quantization.size() of them to a range.
void quantize_lines(const kernels::KernelTable& kernels, const float* x, std::size_t lines,
                    std::size_t length, std::span<const kernels::Quantization> quantization,
                    std::uint8_t* out, Workers& workers);

/// "int8 chain 4", or the slowest and the fastest method where panels differ.
std::string describe_methods(const kernels::PackedInt8& weights);

}  // namespace octavo::ops
