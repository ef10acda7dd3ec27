#pragma once

#include <cstddef>

#include "kernels/kernels.hpp"

namespace octavo::ops {

/// Divides a step's scratch memory into arrays on cache lines, each with the slack that kernels may
/// read. Of no memory (null) it finds out how much is needed.
class ScratchDivider {
 public:
  explicit ScratchDivider(std::byte* memory) : memory_(memory) {}

  template <class T>
  T* take(std::size_t count) {
    std::byte* const begin = memory_ != nullptr ? memory_ + bytes_ : nullptr;
    bytes_ += (count * sizeof(T) + 2 * kernels::kReadSlack - 1) / kernels::kReadSlack *
              kernels::kReadSlack;
    return reinterpret_cast<T*>(begin);
  }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  std::byte* memory_;
  std::size_t bytes_ = 0;
};

}  // namespace octavo::ops
