#include "runtime/passes/level_weights.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace octavo::passes {
namespace {

std::vector<int> integers(const Tensor& levels) {
  std::vector<int> result(element_count(levels.shape));
  const auto copy = [&](auto elements) { std::ranges::copy(elements, result.begin()); };
  if (levels.type == DataType::int8) {
    copy(levels.as<std::int8_t>());
  } else {
    copy(levels.as<std::uint8_t>());
  }
  return result;
}

/// level - zero point, [columns, ...]; empty where the zero points do not fit.
std::vector<int> centred(const LevelWeights& weights) {
  const std::vector<int> levels = integers(*weights.levels);
  const std::vector<int> zeros =
      weights.zeros != nullptr ? integers(*weights.zeros) : std::vector<int>{0};
  const std::size_t columns = weights.columns();
  const std::size_t depth = levels.size() / columns;
  if (zeros.size() != 1 && zeros.size() != columns) return {};
  std::vector<int> result(levels.size());
  for (std::size_t n = 0; n < columns; ++n) {
    const int zero = zeros[zeros.size() == 1 ? 0 : n];
    for (std::size_t k = 0; k < depth; ++k) {
      result[n * depth + k] = levels[weights.columns_last ? k * columns + n : n * depth + k] - zero;
    }
  }
  return result;
}

/// A tensor of these numbers in the shape of the product's weight; nullopt where they leave T.
template <class T>
std::optional<Tensor> tensor_of(const LevelWeights& weights) {
  const std::vector<int> numbers = centred(weights);
  Shape shape = weights.levels->shape;
  if (weights.columns_last) std::swap(shape[0], shape[1]);
  Tensor result = Tensor::zeros(data_type_of<T>(), std::move(shape));
  if (numbers.empty()) return std::nullopt;
  const auto elements = result.template mutable_elements<T>();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    elements[i] = static_cast<T>(numbers[i]);
    if (static_cast<int>(elements[i]) != numbers[i]) return std::nullopt;
  }
  return result;
}

template <class T>
std::size_t largest_sum_of(std::span<const T> weights, std::size_t columns) {
  const std::size_t depth = weights.size() / columns;
  std::size_t largest = 0;
  for (std::size_t n = 0; n < columns; ++n) {
    std::size_t positive = 0;
    std::size_t negative = 0;
    for (const T weight : weights.subspan(n * depth, depth)) {
      const int w = static_cast<int>(weight);
      (w > 0 ? positive : negative) += static_cast<std::size_t>(w > 0 ? w : -w);
    }
    largest = std::max({largest, 255 * positive, 255 * negative});
  }
  return largest;
}

}  // namespace

std::size_t LevelWeights::columns() const {
  return static_cast<std::size_t>(levels->shape[columns_last ? 1 : 0]);
}

std::optional<Tensor> LevelWeights::as_int8() const {
  return tensor_of<std::int8_t>(*this);
}

std::optional<Tensor> LevelWeights::as_floats() const {
  return tensor_of<float>(*this);
}

std::size_t largest_sum(const Tensor& weights) {
  const auto columns = static_cast<std::size_t>(weights.shape[0]);
  return weights.type == DataType::int8 ? largest_sum_of(weights.as<std::int8_t>(), columns)
                                        : largest_sum_of(weights.as<float>(), columns);
}

}  // namespace octavo::passes
