#include "runtime/plan/fingerprint.hpp"

#include <bit>
#include <cstring>

namespace octavo {
namespace {

/// Odd, with bits set at random: a multiplication by them can be undone, and spreads every bit to
/// all above it.
constexpr std::uint64_t kFirst = 0x9e3779b97f4a7c15;
constexpr std::uint64_t kSecond = 0xd6e8feb86659fd93;

/// The step of xxHash (Yann Collet): what differs in one word only remains different. The word has
/// a multiplier of its own, so that no small change of the next one makes up for it.
std::uint64_t mixed(std::uint64_t state, std::uint64_t word) {
  return std::rotl(state + word * kSecond, 31) * kFirst;
}

/// The lanes are independent, so that their multiplications overlap.
constexpr std::size_t kLanes = 8;
using Block = std::array<std::uint64_t, kLanes>;

}  // namespace

void Fingerprint::add(std::span<const std::byte> bytes) {
  Block lanes{};
  const auto add_block = [&](const std::byte* from, std::size_t size) {
    Block words{};
    std::memcpy(words.data(), from, size);
    for (std::size_t i = 0; i < kLanes; ++i) lanes[i] = mixed(lanes[i], words[i]);
  };
  std::size_t begin = 0;
  for (; begin + sizeof(Block) <= bytes.size(); begin += sizeof(Block)) {
    add_block(bytes.data() + begin, sizeof(Block));
  }
  if (begin < bytes.size()) add_block(bytes.data() + begin, bytes.size() - begin);
  add(bytes.size());
  for (std::uint64_t word : lanes) {
    for (std::uint64_t& half : bytes_) {
      half = mixed(half, word);
      half ^= half >> 29U;
      word = ~word * kFirst;  // the halves see different words
    }
  }
}

}  // namespace octavo
