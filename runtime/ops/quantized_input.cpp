#include "runtime/ops/quantized_input.hpp"

#include <cstring>

#include "runtime/ops/padded_copy.hpp"
#include "runtime/ops/product.hpp"

namespace octavo::ops {

QuantizedInput::QuantizedInput(const NodeView& node, const PlanContext& context,
                               const ConvShape& shape)
    : kernels_(*context.kernels), shape_(shape) {
  if (takes_levels(node)) {
    levels_.emplace(node);
  } else {
    const auto images = static_cast<std::size_t>(shape.images);
    quantizer_.emplace(node, context, images, element_count(node.shape(0)) / images);
  }
}

std::size_t QuantizedInput::copy_offset() const {
  return levels_ ? kernels::kReadSlack : quantizer_->scratch_bytes();
}

std::size_t QuantizedInput::scratch_bytes() const {
  return copy_offset() + shape_.padded_elements() + kernels::kReadSlack;
}

QuantizedInput::Result QuantizedInput::take_levels(const StepMemory& memory,
                                                   Workers& workers) const {
  auto* quantization = reinterpret_cast<kernels::Quantization*>(memory.scratch);
  *quantization = levels_->quantization(memory);
  const auto* x = memory.input<std::uint8_t>(0);
  if (!shape_.padded() && !levels_->is_signed()) return {{quantization, 1}, x};
  auto* out = reinterpret_cast<std::uint8_t*>(memory.scratch + copy_offset());
  write_padded(
      shape_, x, out, workers,
      [&](std::uint8_t* to, std::size_t n, std::size_t) noexcept {
        std::memset(to, quantization->zero_point, n);
      },
      [&](std::uint8_t* to, const std::uint8_t* from, std::size_t n, std::size_t) noexcept {
        levels_->copy(from, n, to);
      });
  return {{quantization, 1}, out};
}

QuantizedInput::Result QuantizedInput::quantize(const StepMemory& memory, Workers& workers) {
  if (levels_) return take_levels(memory, workers);
  const auto* x = memory.input<float>(0);
  auto* out = reinterpret_cast<std::uint8_t*>(memory.scratch + copy_offset());
  const auto quantization = quantizer_->choose(memory, workers);
  if (!shape_.padded()) {
    const auto lines = static_cast<std::size_t>(shape_.images * shape_.in_height);
    const auto length = static_cast<std::size_t>(shape_.in_width * shape_.in_channels);
    quantize_lines(kernels_, x, lines, length, quantization, out, workers);
    return {quantization, out};
  }
  const auto of_image = [&](std::size_t image) -> const kernels::Quantization& {
    return quantization[quantization.size() == 1 ? 0 : image];
  };
  write_padded(
      shape_, x, out, workers,
      [&](std::uint8_t* to, std::size_t n, std::size_t image) noexcept {
        std::memset(to, of_image(image).zero_point, n);
      },
      [&](std::uint8_t* to, const float* from, std::size_t n, std::size_t image) noexcept {
        kernels_.quantize(from, n, of_image(image), to);
      });
  return {quantization, out};
}

}  // namespace octavo::ops
