#include "kernels/chain_condition.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace octavo::kernels {

bool fits_chain(std::span<const std::int8_t> w, std::size_t length) {
  const std::size_t chain = kGroup * length;
  for (std::size_t begin = 0; begin < w.size(); begin += chain) {
    std::array<int, 2> magnitudes{};
    for (std::size_t k = begin; k < std::min(begin + chain, w.size()); k += 2) {
      const int first = w[k];
      const int second = k + 1 < w.size() ? w[k + 1] : 0;
      if (std::max(first, 0) + std::max(second, 0) > 128) return false;
      if (std::min(first, 0) + std::min(second, 0) < -128) return false;
      magnitudes[k / 2 % 2] += std::abs(first) + std::abs(second);
    }
    if (length > 1 && std::max(magnitudes[0], magnitudes[1]) > 255) return false;
  }
  return true;
}

}  // namespace octavo::kernels
