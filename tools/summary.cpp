#include "tools/summary.hpp"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>
#include <string>
#include <vector>

#include "tools/tensor_values.hpp"

namespace octavo::tools {
namespace {

constexpr std::size_t kFirstValues = 8;

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
