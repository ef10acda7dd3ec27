#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "octavo/session.hpp"

#include "kernels/aligned_buffer.hpp"
#include "runtime/graph/graph.hpp"
#include "runtime/ops/operator.hpp"

namespace octavo {

/// A graph ready to run: steps in order, each with its memory, and the arena they share.
class Plan {
 public:
  /// What to plan: a graph that has passed the layout pass.
  struct Source {
    const Graph& graph;
    const std::vector<bool>& channels_last;  ///< per value of `graph`
    Precision precision;
    const Tuning& tuning;                  ///< for Precision::automatic, with what it may spend
    std::chrono::nanoseconds tune_budget;  ///< on measuring
  };

  Plan(const Source& source, const PlanContext& context);

  /// Runs every step. When `nanoseconds` is not empty, it has an entry per layer.
  void run(Workers& workers, std::span<std::uint64_t> nanoseconds);

  /// Runs every step and shows its tensors.
  void run_observed(Workers& workers, const LayerObserver& observe);

  [[nodiscard]] const std::vector<LayerInfo>& layers() const { return layers_; }
  [[nodiscard]] const Tuning& tuning() const { return tuning_; }
  [[nodiscard]] std::byte* input(std::size_t index) const { return inputs_[index]; }
  [[nodiscard]] std::byte* output(std::size_t index) const { return outputs_[index]; }
  [[nodiscard]] std::size_t arena_bytes() const { return arena_.size(); }
  [[nodiscard]] std::size_t weight_bytes() const;
  [[nodiscard]] std::uint64_t clip_guard_count(std::size_t layer) const {
    return input_ranges_[layer].guarded;
  }

 private:
  struct PlannedStep {
    std::unique_ptr<Step> step;
    StepMemory memory;
  };
  class Builder;

  std::vector<PlannedStep> steps_;
  std::vector<LayerInfo> layers_;
  Tuning tuning_;
  std::vector<LayerTensors> tensors_;                     ///< per layer
  std::vector<InputRange> input_ranges_;                  ///< per layer
  std::vector<std::shared_ptr<const Tensor>> constants_;  ///< that steps read while running
  std::vector<kernels::Extrema> extrema_;                 ///< that steps hand over while running
  std::vector<SharedLevels> levels_;                      ///< by the step that makes them
  std::vector<std::byte*> inputs_;
  std::vector<std::byte*> outputs_;
  kernels::AlignedBuffer<std::byte> arena_;
};

}  // namespace octavo
