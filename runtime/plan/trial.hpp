#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "kernels/aligned_buffer.hpp"
#include "runtime/ops/operator.hpp"

namespace octavo {

/// Memory to run one node in, away from its graph, with random float inputs.
class Trial {
 public:
  /// Longer than any limit.
  static constexpr std::chrono::nanoseconds kFailed = std::chrono::hours(24);

  Trial(const NodeView& node, std::size_t scratch_bytes);

  /// Times the steps, all of them made for the node, in turn until one is clearly the fastest or
  /// `limit` has passed. Returns the best time of each, kFailed for a step that met values which
  /// are not finite.
  std::vector<std::chrono::nanoseconds> compare(std::span<const std::unique_ptr<Step>> steps,
                                                Workers& workers, std::chrono::nanoseconds limit);

 private:
  std::vector<kernels::AlignedBuffer<std::byte>> buffers_;
  StepMemory memory_;
};

}  // namespace octavo
