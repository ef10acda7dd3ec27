#include "tools/seeded_normal.hpp"

namespace octavo::tools {

std::uint64_t SeededNormal::next_bits() {
  state_ += 0x9E3779B97F4A7C15;
  std::uint64_t bits = state_;
  bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
  bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
  return bits ^ (bits >> 31);
}

float SeededNormal::next() {
  constexpr std::uint64_t kField = 0xFFFF;
  std::uint64_t sum = 0;
  for (int word = 0; word < 3; ++word) {
    const std::uint64_t bits = next_bits();
    sum += (bits & kField) + (bits >> 16 & kField) + (bits >> 32 & kField) + (bits >> 48);
  }
  // Twelve uniform integers from [0, 65535]: mean 6 * 65535, deviation 65536 (to 1e-10).
  constexpr std::int64_t kMean = std::int64_t{6} * 65535;
  return static_cast<float>(static_cast<std::int64_t>(sum) - kMean) / 65536.0F;
}

void SeededNormal::fill(std::span<float> values, float mean, float deviation) {
  for (float& value : values) {
    const float scaled = next() * deviation;
    value = mean + scaled;
  }
}

void SeededNormal::fill_heavy_tailed(std::span<float> values, float deviation) {
  constexpr float kDeviations[] = {0.33F, 0.83F, 1.49F};  // a mean square of 1
  for (float& value : values) {
    const float part = deviation * kDeviations[next_bits() % 3];
    value = next() * part;
  }
}

}  // namespace octavo::tools
