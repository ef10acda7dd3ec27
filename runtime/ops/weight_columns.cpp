#include "runtime/ops/weight_columns.hpp"

#include <cstdint>

#include "runtime/ops/product.hpp"

namespace octavo::ops {
NodeColumns::NodeColumns(const NodeView& node)
    : node_(node), weight_(node.require_constant(kWeight, "the weight")), layout_(node) {}

std::span<const float> NodeColumns::read(std::size_t first, std::size_t count) {
  const std::span<const float> file = read_file_order(first, count);
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
