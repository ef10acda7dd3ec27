#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernels.hpp"
#include "runtime/ops/operator.hpp"

namespace octavo::ops {

/// A Conv or Linear whose input 0 is of uint8 or int8 takes it as levels, which quantized models
/// compute: each stands for scale * (level - zero point). One element each; the zero point has the
/// type of the levels, and is 0 when it is left out.
inline constexpr std::size_t kLevelScale = 5;
inline constexpr std::size_t kLevelZeroPoint = 6;

/// int32 accumulators hold a sum of this many products exactly: |level - zero point| <= 255, and
/// weights of files may be -128.
inline constexpr std::size_t kMaxInt8Depth = 65793;

inline bool takes_levels(const NodeView& node) {
  return node.input(0).type != DataType::float32;
}

/// Checks these inputs of a product whose constants and shapes are checked.
void check_level_input(const NodeView& node);

/// Reads levels while the graph runs. The kernels take them as uint8: int8 levels and their zero
/// point move up by 128, which changes the highest bit alone.
class LevelInput {
 public:
  explicit LevelInput(const NodeView& node);

  [[nodiscard]] bool is_signed() const { return flip_ != 0; }
  [[nodiscard]] kernels::Quantization quantization(const StepMemory& memory) const;
  /// Writes `n` levels as uint8.
  void copy(const std::uint8_t* from, std::size_t n, std::uint8_t* to) const noexcept;

 private:
  std::uint8_t flip_;
};

}  // namespace octavo::ops
