#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace octavo {

/// Stands for a sequence of numbers and of blocks of bytes: holds the numbers and sizes themselves,
/// and 128 bits for the bytes. Different bytes have different ones but for chance, which is
/// negligible. It is no cryptographic hash: who makes a model can make equal ones, but only of
/// weights of the same sizes, so that no memory depends on it.
class Fingerprint {
 public:
  void add(std::span<const std::byte> bytes);
  void add(std::uint64_t number) { numbers_.push_back(number); }

  friend auto operator<=>(const Fingerprint&, const Fingerprint&) = default;

 private:
  std::vector<std::uint64_t> numbers_;
  std::array<std::uint64_t, 2> bytes_{};
};

}  // namespace octavo
