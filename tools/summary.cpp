#include "tools/summary.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iomanip>
#include <sstream>
#include <string>
#include <vector>

namespace octavo::tools {
namespace {

constexpr std::size_t kFirstValues = 8;

template <class T>
std::vector<double> widen(const TensorView& tensor) {
  const std::span<T> elements = tensor.data<T>();
  return {elements.begin(), elements.end()};
}

/// The elements as double; empty for float16, which C++20 has no type for.
std::vector<double> values_of(const TensorView& tensor) {
  switch (tensor.type()) {
    case DataType::float32:
      return widen<float>(tensor);
    case DataType::float64:
      return widen<double>(tensor);
    case DataType::int8:
      return widen<std::int8_t>(tensor);
    case DataType::uint8:
      return widen<std::uint8_t>(tensor);
    case DataType::int16:
      return widen<std::int16_t>(tensor);
    case DataType::uint16:
      return widen<std::uint16_t>(tensor);
    case DataType::int32:
      return widen<std::int32_t>(tensor);
    case DataType::uint32:
      return widen<std::uint32_t>(tensor);
    case DataType::int64:
      return widen<std::int64_t>(tensor);
    case DataType::uint64:
      return widen<std::uint64_t>(tensor);
    case DataType::boolean:
      return widen<bool>(tensor);
    case DataType::float16:
      return {};
  }
  return {};
}

bool is_vector(const Shape& shape) {
  return !shape.empty() && shape.back() > 1 &&
         std::all_of(shape.begin(), shape.end() - 1,
                     [](std::int64_t extent) { return extent == 1; });
}

}  // namespace

void print_summary(std::ostream& out, const TensorView& tensor) {
  std::ostringstream text;
  text << std::setprecision(5) << tensor.name() << "  " << to_string(tensor.type()) << ' '
       << octavo::to_string(tensor.shape()) << '\n';
  const std::vector<double> values = values_of(tensor);
  std::vector<double> finite;
  std::ranges::copy_if(values, std::back_inserter(finite),
                       [](double v) { return std::isfinite(v); });
  if (finite.size() < values.size()) {
    text << "  not finite: " << values.size() - finite.size() << " of " << values.size() << '\n';
  }
  if (!finite.empty()) {
    const auto [low, high] = std::ranges::minmax(finite);
    double sum = 0;
    for (const double value : finite) sum += value;
    text << "  min " << low << "  max " << high << "  mean "
         << sum / static_cast<double>(finite.size());
    if (finite.size() == values.size() && is_vector(tensor.shape())) {
      text << "  argmax " << std::ranges::max_element(values) - values.begin();
    }
    text << "\n ";
    for (std::size_t i = 0; i < std::min(kFirstValues, values.size()); ++i)
      text << ' ' << values[i];
    text << (values.size() > kFirstValues ? " ...\n" : "\n");
  }
  out << text.str();
}

}  // namespace octavo::tools
