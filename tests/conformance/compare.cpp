#include "tests/conformance/compare.hpp"

#include <cmath>
#include <cstring>
#include <span>

#include "runtime/ops/element_type.hpp"

namespace octavo::test {
namespace {

constexpr double kRelative = 1e-3;
constexpr double kAbsolute = 1e-4;

bool agree(double found, double expected) {
  if (found == expected || (std::isnan(found) && std::isnan(expected))) return true;
  return std::abs(found - expected) <= kAbsolute + kRelative * std::abs(expected);
}

template <class T>
std::string compare_reals(const T* found, const T* expected, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const double a = ops::convert<double>(found[i]);
    const double b = ops::convert<double>(expected[i]);
    if (!agree(a, b)) {
      return "element " + std::to_string(i) + " is " + std::to_string(a) + ", expected " +
             std::to_string(b);
    }
  }
  return {};
}

template <class T>
std::string compare_integers(const T* found, const T* expected, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (found[i] != expected[i]) {
      return "element " + std::to_string(i) + " is " + std::to_string(found[i]) + ", expected " +
             std::to_string(expected[i]);
    }
  }
  return {};
}

}  // namespace

std::string compare(const TensorView& found, const Tensor& expected) {
  const std::string name = "output '" + std::string(found.name()) + "' ";
  if (found.type() != expected.type) {
    return name + "is of type " + std::string(to_string(found.type())) + ", expected " +
           std::string(to_string(expected.type));
  }
  if (found.shape() != expected.shape) {
    return name + "has shape " + to_string(found.shape()) + ", expected " +
           to_string(expected.shape);
  }
  const std::string difference = ops::with_type(expected.type, [&](auto element) {
    using T = decltype(element);
    const auto* a = static_cast<const T*>(found.raw());
    const auto* b = reinterpret_cast<const T*>(expected.data());
    if constexpr (std::is_integral_v<T>) {
      return compare_integers(a, b, found.size());
    } else {
      return compare_reals(a, b, found.size());
    }
  });
  return difference.empty() ? difference : name + difference;
}

}  // namespace octavo::test
