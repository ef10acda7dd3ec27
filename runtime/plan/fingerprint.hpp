#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>

namespace octavo {

/// 128 bits that stand for a sequence of bytes and numbers. Different sequences have different
/// ones but for chance, which is negligible; it is no cryptographic hash.
class Fingerprint {
 public:
  void add(std::span<const std::byte> bytes);
  void add(std::uint64_t number);

  friend auto operator<=>(const Fingerprint&, const Fingerprint&) = default;

 private:
  std::array<std::uint64_t, 2> state_{};
};

}  // namespace octavo
