#include "runtime/ops/weight_columns.hpp"

#include <bit>
#include <cstdint>

#include "runtime/concat.hpp"
#include "runtime/ops/product.hpp"

namespace octavo::ops {
namespace {

/// In vectors: all are looked at, as they are finite.
bool all_finite(std::span<const float> elements) {
  constexpr std::uint32_t kExponent = 0x7f800000;
  std::uint32_t special = 0;
  for (const float x : elements) {
    const std::uint32_t exponent = std::bit_cast<std::uint32_t>(x) & kExponent;
    special |= exponent == kExponent ? 1U : 0U;
  }
  return special == 0;
}

}  // namespace

void require_finite(const NodeView& node, std::size_t index, std::span<const float> weights) {
  if (all_finite(weights)) return;
  node.fail(ErrorCode::non_finite, concat({"its weights '", node.input(index).name,
                                           "' hold NaN or infinity and cannot be quantized"}));
}

NodeColumns::NodeColumns(const NodeView& node)
    : node_(node), weight_(node.require_constant(kWeight, "the weight")), layout_(node) {}

std::span<const float> NodeColumns::read(std::size_t first, std::size_t count) {
  const std::span<const float> file = read_file_order(first, count);
  if (finite_) ops::require_finite(node_, kWeight, file);
  if (!layout_.reorders()) return file;
  kernel_.resize(file.size());
  layout_.to_kernel_order(file, std::span(kernel_));
  return kernel_;
}

std::span<const float> NodeColumns::read_file_order(std::size_t first, std::size_t count) {
  const std::size_t size = layout_.shape().segments * layout_.shape().depth;
  if (weight_.type == DataType::float32 && weight_.stored == nullptr) {
    return weight_.as<float>().subspan(first * size, count * size);
  }
  file_.resize(count * size);
  if (weight_.type == DataType::float32) {
    weight_.stored->copy(first, count, file_.data());
    return file_;
  }
  const auto values = weight_.as<std::int8_t>().subspan(first * size, count * size);
  const auto scales = node_.require_constant(kWeightScale, "the weight's scale").as<float>();
  for (std::size_t n = 0; n < count; ++n) {
    for (std::size_t k = n * size; k < (n + 1) * size; ++k) {
      file_[k] = scales[first + n] * static_cast<float>(values[k]);
    }
  }
  return file_;
}

}  // namespace octavo::ops
